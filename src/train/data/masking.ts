/**
 * Batches of masked language modelling.
 *
 * Source: J. Devlin et al. 2019, "BERT", section 3.1 (of the chosen tokens 80 % masked, 10 % random, 10 % kept), with
 * the share of 30 % of B. Warner et al. 2024, "ModernBERT", section 2.2.
 *
 * @module
 */
import { uniformAt } from "../../common/random.ts";
import { demandSeed } from "../../common/whole.ts";
import { type Batches, type LabelledSequence, NO_LABEL, packBatch, type WindowOptions, windowsOf } from "./batches.ts";
import type { TokenReader } from "./reader.ts";

/** Options of {@link maskedBatches}. */
export interface MaskingOptions extends WindowOptions {
  /** Seed of the masks, which change every step. */
  readonly seed: number;
  /** Id of the mask token. */
  readonly mask: number;
  /** Further special ids, beside those of mask, `begin`, `end` and end-of-text; they are neither masked nor drawn. */
  readonly special: readonly number[];
  /** Id before every window; the window is one token shorter. */
  readonly begin?: number;
  /** Id after every window; the window is one token shorter. */
  readonly end?: number;
  /** Share of a sequence's tokens that are predicted, 0.3 unless given. */
  readonly share?: number;
}

/** Share of a sequence's tokens that are predicted. */
const SHARE = 0.3;

/** Cumulative shares of the chosen tokens: masked, then random; the rest is kept. */
const MASKED = 0.8, RANDOM = 0.9;

/** Stream constant: separates these draws from others of the same seed. */
const PURPOSE = 0x6d61736b;

/**
 * Cuts a stream into windows and masks tokens: exactly round(share · n) of the n tokens of a sequence that are not special
 * have a label, so at most B·round(share·T) rows of a batch. The last window may be shorter.
 *
 * Throws a RangeError when there are no tokens, a sequence has no room for one, the share of it is none, or every id is
 * special.
 */
export function maskedBatches(reader: TokenReader, options: MaskingOptions): Batches {
  const { T, mask, begin, end, seed } = options;
  demandSeed("mask tokens", seed);
  const { endOfText, vocabulary: V, tokens } = reader;
  const before = begin === undefined ? [] : [begin], after = end === undefined ? [] : [end];
  const length = T - before.length - after.length;
  const { windows, batches, at } = windowsOf(reader, length, options);
  const special = new Set([...options.special, mask, endOfText, ...before, ...after]);
  const ordinary = Int32Array.from({ length: V }, (_, id) => id).filter((id) => !special.has(id));
  if (ordinary.length === 0) throw new RangeError(`Cannot mask tokens: all ${V} ids are special`);
  const [most, share] = [Math.min(length, tokens), options.share ?? SHARE];
  if (Math.round(share * most) === 0) {
    throw new RangeError(`Cannot mask tokens: ${share} of ${most} tokens, the most of a sequence, are rounded to none`);
  }
  const sequence = async (window: number, place: number) => {
    const start = window * length;
    const read = await reader.read(start, Math.min(start + length, tokens));
    return hide([...before, ...read, ...after], { ...options, special, ordinary, place });
  };
  return {
    windows,
    batches,
    async batch(step) {
      const sequences = at(step).map((window, b) => sequence(window, step * options.B + b));
      return packBatch(await Promise.all(sequences), options, V);
    },
  };
}

/** Inputs of the mask of a sequence. */
interface Hiding extends Pick<MaskingOptions, "T" | "seed" | "mask" | "share"> {
  readonly special: ReadonlySet<number>;
  /** Ids that may be drawn. */
  readonly ordinary: Int32Array;
  /** Number of the sequence over all batches: masks do not depend on microbatches. */
  readonly place: number;
}

/** Changes the chosen ids of a sequence in place and returns it with the labels. */
function hide(ids: number[], { T, seed, mask, share = SHARE, special, ordinary, place }: Hiding): LabelledSequence {
  const draw = (t: number, what: number) => uniformAt(seed ^ PURPOSE, what, place * T + t);
  const order = ids.map((id, t) => ({ id, t, key: draw(t, 0) })).filter(({ id }) => !special.has(id))
    .sort((a, b) => a.key - b.key || a.t - b.t);
  const chosen = order.slice(0, Math.round(share * order.length));
  const labels = Array<number>(ids.length).fill(NO_LABEL);
  for (const { id, t } of chosen) {
    const kind = draw(t, 1);
    labels[t] = id;
    if (kind < MASKED) ids[t] = mask;
    else if (kind < RANDOM) ids[t] = ordinary[Math.floor(draw(t, 2) * ordinary.length)];
  }
  return { ids, labels };
}
