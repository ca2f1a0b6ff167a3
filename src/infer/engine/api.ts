/**
 * Options, streams and status of an engine.
 *
 * @module
 */
import type { GenerateOptions, Piece } from "../generate_options.ts";

/** Sizes of an engine. */
export interface EngineOptions {
  /** Sequences in flight at most, S; 32 unless given. */
  slots?: number;
  /** Tokens of one call of the block, and of the last layer, at most; S unless given. */
  maxBatch?: number;
  /** Tokens that left the block wait for the last layer while at least this many are in it; `maxBatch` unless given. */
  exitBatch?: number;
  /** Bytes for keys and values at most; enough for S sequences that use all positions unless given. */
  cacheBytes?: number;
  /**
   * Rows of the KV caches of recursions: `all` rows of a sequence, or its `capacity` of them (expert-choice), which limits
   * the depth of tokens once a cache is full. `all` unless given.
   */
  depthCapacity?: "all" | "capacity";
  /** Ids that end a sequence; those of the model unless given. */
  stops?: readonly number[];
}

/** Why a sequence ended: an end token or a stop text (`stop`), or the number of its tokens (`length`). */
export type Finish = "stop" | "length";

/** One request on its way: pieces of text as they come; leaving the loop or aborting its signal frees its slot. */
export interface Generation extends AsyncIterable<Piece> {
  /** Tokens of the prompt that are read. */
  readonly promptTokens: number;
  /** Tokens that were removed from the prompt, see `truncate`. */
  readonly cutTokens: number;
  /** New tokens that have come so far, an end token not counted. */
  readonly newTokens: number;
  /** Why it ended; undefined while it has not. */
  readonly finish: Finish | undefined;
  /** The end token that ended it, which is no piece; undefined where none did. */
  readonly endToken: Omit<Piece, "text"> | undefined;
  /** Milliseconds from its submission until it had a slot; undefined while it waits. */
  readonly queueMs: number | undefined;
  /** Frees the slot; what was not read yet is gone. */
  cancel(): void;
}

/** Load of an engine. */
export interface EngineStatus {
  /** Sequences in flight. */
  readonly running: number;
  /** Requests that wait for a slot or for memory. */
  readonly waiting: number;
  /** Steps, each a call of the block, since the beginning. */
  readonly steps: number;
  /** Tokens made since the beginning. */
  readonly tokens: number;
  /** How many of them ran 1, 2, … N recursions. */
  readonly depths: readonly number[];
  /** Bytes of keys and values there is room for. */
  readonly cacheBytes: number;
  /** Bytes of keys and values in use outside the recursions. */
  readonly outerBytesInUse: number;
  /** Bytes of keys and values in use, by recursion. */
  readonly bytesInUse: readonly number[];
}

/** Serves requests together; {@link Engine} of the package. */
export interface TextEngine {
  /** Requests that are on their way or wait. */
  status(): EngineStatus;
  /**
   * Continues a text (or ids). Throws a RangeError at once for options out of range, and where the prompt and its new tokens,
   * or the counts of a repetition penalty, can never fit.
   */
  submit(prompt: string | ArrayLike<number>, options?: GenerateOptions): Generation;
}
