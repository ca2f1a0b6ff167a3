/**
 * What an engine takes, gives, and tells of itself.
 *
 * @module
 */
import type { GenerateOptions, Piece } from "../generate_options.ts";

/** How much an engine holds. */
export interface EngineOptions {
  /** Sequences in flight at most, S; 32 unless given. */
  slots?: number;
  /** Rows of one call of the block at most; S unless given. The sequences beyond it gather for the last layer. */
  maxBatch?: number;
  /** Slots that have left the block gather while at least this many are in it; `maxBatch` unless given. */
  exitBatch?: number;
  /** Bytes for keys and values at most; enough for S sequences that use all positions unless given. */
  cacheBytes?: number;
  /**
   * Rows that each recursion's caches have: `all` rows of a sequence, or only its `capacity` of them; then a token goes no
   * deeper than there is room. `all` unless given.
   */
  depthCapacity?: "all" | "capacity";
  /** Ids that end a sequence; those of the model unless given. */
  stops?: readonly number[];
}

/** Why a sequence ended: an end token or a stop text, or because as many tokens were made as may be. */
export type Finish = "stop" | "length";

/** One request on its way: pieces of text as they come; leaving the loop or aborting its signal frees its slot. */
export interface Generation extends AsyncIterable<Piece> {
  /** Tokens of the prompt. */
  readonly promptTokens: number;
  /** New tokens that have come so far, an end token not counted. */
  readonly newTokens: number;
  /** Why it ended; undefined while it has not. */
  readonly finish: Finish | undefined;
  /** Frees the slot; what was not read yet is gone. */
  cancel(): void;
}

/** What an engine is doing. */
export interface EngineStatus {
  /** Sequences in flight. */
  readonly running: number;
  /** Requests that wait for a slot or for memory. */
  readonly waiting: number;
  /** Calls of the block since the beginning. */
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
