/**
 * What an engine may be.
 *
 * @module
 */
import type { DecoderConfig } from "../../model/config/config.ts";
import { demandId, demandWhole } from "../../common/whole.ts";
import { isId } from "../../model/batch.ts";
import type { EngineOptions } from "./api.ts";

/** Slots at most. */
export const SLOTS = 4096;

/** Ids that end a sequence at most: shaders compare each drawn token with all of them. */
const MOST_STOPS = 256;

/**
 * The ids that end a sequence: each once, and inside a vocabulary of V.
 *
 * Throws a RangeError for more than 256 of them.
 */
export function stopsOf(ids: readonly number[], V: number): number[] {
  const stops = [...new Set(ids)].filter((id) => isId(id, V));
  if (stops.length <= MOST_STOPS) return stops;
  throw new RangeError(`Cannot generate: ${stops.length} ids end a sequence, at most ${MOST_STOPS}`);
}

/** Rows whose logits a device can bind. */
export function logitRows(V: number, maxTensorBytes = Infinity): number {
  return Math.floor(maxTensorBytes / (4 * V));
}

/** Throws a RangeError for numbers out of range, and a maxBatch whose logits have more than `maxTensorBytes` bytes. */
export function checkEngine(
  { V }: DecoderConfig,
  { slots, maxBatch, exitBatch, cacheBytes, stops }:
    & Required<Omit<EngineOptions, "depthCapacity" | "cacheBytes">>
    & EngineOptions,
  maxTensorBytes = Infinity,
): void {
  const whole = (name: string, value: number, most?: number) => demandWhole("make an engine", name, value, 1, most);
  whole("slots", slots, SLOTS);
  whole("maxBatch", maxBatch, slots);
  whole("exitBatch", exitBatch, maxBatch);
  if (cacheBytes !== undefined && cacheBytes > 0 && cacheBytes < Infinity) whole("cacheBytes", cacheBytes);
  const most = logitRows(V, maxTensorBytes);
  if (maxBatch > most) {
    const reason = `the device binds the logits of ${V} tokens for ${most} rows`;
    throw new RangeError(`Cannot make an engine: maxBatch is ${maxBatch} of ${slots} slots, and ${reason}`);
  }
  for (const id of stops) demandId("make an engine", id, V);
}
