/**
 * What a batch to decode may be.
 *
 * @module
 */
import type { DecoderConfig } from "../model/config.ts";
import type { SamplingOptions } from "../ops/sample.ts";

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

/** An error about logits that were not finite at a step (from 1), of one sequence of a batch where it is named. */
export function notFinite(step: number, sequence?: number): Error {
  const place = sequence === undefined ? "" : ` of sequence ${sequence + 1}`;
  return new Error(`Cannot generate: the logits of step ${step}${place} are not finite`);
}

/** Throws a RangeError for what cannot be decoded. */
export function checkDecoding(
  { recursion, maxPositions }: DecoderConfig,
  options: DecodingOptions,
): void {
  const { seeds, limit, restart, sampling, maxDepth } = options;
  const penalty = sampling?.repetitionPenalty ?? 1;
  if (!(seeds.length > 0)) throw refusal("there are no sequences");
  if (!(limit > 0 && limit <= maxPositions)) {
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
