/**
 * Sequences with too many tokens: refused, or cut at one end, and reported.
 *
 * @module
 */
import { number, oneOf, type OptionKinds } from "../common/options.ts";
import { demandWhole } from "../common/whole.ts";

/** What becomes of a text with too many tokens. */
export interface TruncateOptions {
  /** Tokens of a text at most, special ones included; as many as the model has positions for unless given. */
  maxLength?: number;
  /** The end at which a longer text loses tokens; without it a longer text is refused. */
  truncate?: "start" | "end";
}

/** A sequence that lost tokens. */
export interface CutSequence {
  /** Which of the sequences, from 0. */
  readonly index: number;
  /** Tokens that it had. */
  readonly tokens: number;
  /** Tokens that it kept. */
  readonly kept: number;
}

/** Sequences that fit, and those that lost tokens. */
export interface FittedSequences {
  readonly sequences: readonly ArrayLike<number>[];
  readonly cut: readonly CutSequence[];
}

/** Special tokens at both ends of a sequence, which stay. */
export interface Frame {
  readonly before: number;
  readonly after: number;
}

/** Kinds of {@link TruncateOptions}. */
export const TRUNCATE_KINDS: OptionKinds<TruncateOptions> = { maxLength: number, truncate: oneOf(["start", "end"]) };

/** How sequences are made to fit. */
export interface Fitting extends Pick<TruncateOptions, "truncate"> {
  /** Beginning of error messages: "encode". */
  readonly action: string;
  /** Tokens of a sequence at most. */
  readonly most: number;
  /** What error messages call a sequence, by its index. */
  readonly name: (index: number) => string;
  /** Special tokens that stay; none unless given. */
  readonly frame?: Frame;
}

/** The tokens of a sequence that stay. */
function kept(ids: ArrayLike<number>, { most, truncate, frame }: Fitting): number[] {
  const all = Array.from(ids),
    before = Math.min(frame?.before ?? 0, most),
    after = Math.min(frame?.after ?? 0, most - before);
  const room = most - before - after, inner = all.slice(before, all.length - after);
  const some = truncate === "end" ? inner.slice(0, room) : inner.slice(inner.length - room);
  return [...all.slice(0, before), ...some, ...all.slice(all.length - after)];
}

/**
 * Sequences of at most `most` tokens, and those that lost some. Throws a RangeError for a longer one where no end is named.
 *
 * ```ts
 * import { fitSequences } from "./truncation.ts";
 * const how = { action: "encode", most: 3, truncate: "start", name: (i: number) => `text ${i + 1}` } as const;
 * fitSequences([[1, 2], [3, 4, 5, 6]], how); // sequences [[1, 2], [4, 5, 6]], cut [{ index: 1, tokens: 4, kept: 3 }]
 * ```
 */
export function fitSequences(
  sequences: readonly ArrayLike<number>[],
  how: Fitting,
): FittedSequences {
  const { action, most, truncate, name } = how, cut: CutSequence[] = [];
  const fitted = sequences.map((ids, index) => {
    if (ids.length <= most) return ids;
    const tokens = ids.length;
    if (truncate === undefined) {
      const reason = `${name(index)} has ${tokens} tokens, ${most} is the most; truncate shortens it`;
      throw new RangeError(`Cannot ${action}: ${reason}`);
    }
    cut.push({ index, tokens, kept: most });
    return kept(ids, how);
  });
  return { sequences: fitted, cut };
}

/** Tokens of a sequence at most: the given ones, of a model of so many positions. Throws a RangeError outside of 1 to them. */
export function lengthOf(action: string, maxLength: number | undefined, positions: number): number {
  if (maxLength === undefined) return positions;
  demandWhole(action, "maxLength", maxLength, 1, positions);
  return maxLength;
}
