/**
 * What a batch to decode may be.
 *
 * @module
 */
import { isId } from "../model/batch.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import type { SamplingOptions } from "../ops/sample.ts";
import { demandId, demandSeed, demandWhole } from "../common/whole.ts";

/** A batch to decode. */
export interface DecodingOptions {
  /** Seed of each sequence; as many as there are sequences, B. */
  readonly seeds: ArrayLike<number>;
  /** Tokens of a sequence at most, its prompt included. */
  readonly limit: number;
  /** Ids that end a sequence; those of the model unless given. */
  readonly stops?: readonly number[];
  /** Tokens of each sequence that are kept on the device until they are read. */
  readonly kept: number;
  /** How tokens are drawn. */
  readonly sampling?: SamplingOptions;
  /** First id of the sequence that takes the place of one that ended, and first id at all; without it nothing does. */
  readonly restart?: number;
  /** Recursions of a routed model at most. */
  readonly maxDepth?: number;
}

/** An error about a batch. */
export function refusal(reason: string): RangeError {
  return new RangeError(`Cannot decode a batch: ${reason}`);
}

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
  throw new RangeError(`Cannot decode: ${stops.length} ids end a sequence, at most ${MOST_STOPS}`);
}

/** An error about logits that were not finite at a step (from 1), of one sequence of a batch where it is named. */
export function notFinite(step: number, sequence?: number): Error {
  const place = sequence === undefined ? "" : ` of sequence ${sequence + 1}`;
  return new Error(`Cannot generate: the logits of step ${step}${place} are not finite`);
}

/** Throws a RangeError for what cannot be decoded. */
export function checkDecoding(
  { recursion, maxPositions, V, eos }: DecoderConfig,
  options: DecodingOptions,
): void {
  const { seeds, limit, kept, stops = [], restart, sampling, maxDepth } = options;
  const penalty = sampling?.repetitionPenalty ?? 1;
  stopsOf(options.stops ?? eos, V);
  const action = "decode a batch";
  if (!(seeds.length > 0)) throw refusal("there are no sequences");
  for (const seed of Array.from(seeds)) demandSeed(action, seed);
  demandWhole(action, "kept", kept, 1);
  for (const id of [...stops, ...(restart === undefined ? [] : [restart])]) demandId(action, id, V);
  if (!(Number.isInteger(limit) && limit > 0 && limit <= maxPositions)) {
    throw refusal(`a limit of ${limit} tokens, and there are ${maxPositions} positions`);
  }
  if (restart !== undefined && penalty !== 1) {
    throw refusal(`repetitionPenalty is ${penalty}, but tokens are not counted where sequences follow one another`);
  }
  const fault = depthFault(recursion, maxDepth);
  if (fault) throw refusal(fault);
}

/** Why tokens cannot be kept to a depth; undefined when they can. */
export function depthFault({ routing, N }: DecoderConfig["recursion"], maxDepth?: number): string | undefined {
  if (maxDepth === undefined) return undefined;
  if (routing === "none") return `maxDepth is ${maxDepth}, but this model routes nothing`;
  if (Number.isInteger(maxDepth) && maxDepth >= 1) return undefined;
  return `maxDepth is ${maxDepth}, expected a whole number from 1 to ${N}`;
}
