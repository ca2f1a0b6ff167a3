/**
 * What an engine may be.
 *
 * @module
 */
import type { DecoderConfig } from "../../model/config/config.ts";
import { demandId, demandWhole } from "../../common/whole.ts";
import type { EngineOptions } from "./api.ts";

/** Slots at most. */
const SLOTS = 4096;

/** Throws a RangeError for numbers out of range, and a width whose logits have more than `maxTensorBytes` bytes. */
export function checkEngine(
  { V }: DecoderConfig,
  { slots, width, patience, cacheBytes, stops }: Required<Omit<EngineOptions, "room" | "cacheBytes">> & EngineOptions,
  maxTensorBytes = Infinity,
): void {
  const whole = (name: string, value: number, most?: number) => demandWhole("make an engine", name, value, 1, most);
  whole("slots", slots, SLOTS);
  whole("width", width, slots);
  whole("patience", patience, width);
  if (cacheBytes !== undefined && cacheBytes > 0 && cacheBytes < Infinity) whole("cacheBytes", cacheBytes);
  const most = Math.floor(maxTensorBytes / (4 * V));
  if (width > most) {
    const reason = `the device binds the logits of ${V} tokens for ${most} rows`;
    throw new RangeError(`Cannot make an engine: width is ${width} of ${slots} slots, and ${reason}`);
  }
  for (const id of stops) demandId("make an engine", id, V);
}
