/**
 * Choosing the next token.
 *
 * @module
 */
import { requireFloat32 } from "../common/float32.ts";
import { type Apply, applying, defineOp } from "../op/define.ts";

/** Sampling options; an absent option is disabled. */
export interface SamplingOptions {
  /** Divides the logits; 0 takes the greatest, and other ones are from 2⁻¹²⁶ to 2¹²⁶. 1 unless given. */
  readonly temperature?: number;
  /** Only tokens with fewer than this many likelier ones; 0 for all. */
  readonly topK?: number;
  /** Only tokens whose likelier ones have less than this probability together; 1 for all. */
  readonly topP?: number;
  /** Only tokens with at least this fraction of the greatest probability; 0 for all. */
  readonly minP?: number;
  /** Makes tokens that were seen less likely where it is above 1; from 2⁻⁶³ to 2⁶³. */
  readonly repetitionPenalty?: number;
}

/** Place of drawing among the users of random numbers, see `uniformAt` of src/common/random.ts. */
export const DRAW_SALT = 0x64726177;

/** The id that `sample` gives a row without a distribution: one with a NaN or +∞, or with nothing above −∞. */
export const NO_TOKEN: number = -2;

/** Greatest repetition penalty, and its inverse the least: logits up to as much stay inside float32. */
const MOST_PENALTY = 2 ** 63;

/**
 * One row of `sample`'s options: (temperature, topK, topP, minP, repetitionPenalty). Throws a RangeError outside their
 * ranges, whose ends every device can tell from 0 and infinity.
 */
export function samplingRow(
  { temperature = 1, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 }: SamplingOptions,
): number[] {
  requireFloat32("sample", "temperature", temperature, { zero: true });
  if (!(Number.isInteger(topK) && topK >= 0 && topK < 2 ** 24)) {
    throw new RangeError(`Cannot sample: topK is ${topK}, expected a whole number from 0 to 16777215`);
  }
  requireFloat32("sample", "topP", topP, { most: 1 });
  requireFloat32("sample", "minP", minP, { most: 1, zero: true });
  requireFloat32("sample", "repetitionPenalty", repetitionPenalty, { least: 1 / MOST_PENALTY, most: MOST_PENALTY });
  return [temperature, topK, topP, minP, repetitionPenalty];
}

/**
 * Draws a token of every row, from what the filters leave, with a random number that belongs to (seed, counter).
 *
 * options [B, 5] = (temperature τ, topK, topP, minP, repetitionPenalty π), see {@link SamplingOptions}. In this order:
 *
 * 1. penalty (CTRL, arXiv 1909.05858): z_v = logit_v, but where seen_v > 0: logit_v/π if positive, else logit_v·π;
 * 2. temperature: w_v = e^((z_v − max z)/τ); τ = 0 is the limit: the greatest z, ties to the lower id, nothing is drawn;
 * 3. top-k: v stays if fewer than topK tokens have a greater z (ties stay together);
 * 4. min-p (arXiv 2407.01082): v stays if w_v ≥ minP;
 * 5. top-p (arXiv 1904.09751): v stays if the tokens with greater z, among the remaining ones, have less than topP of the
 *    remaining weight (ties stay together; the likeliest always stays).
 *
 * The id is the first, in order of ids, at which the sum of the remaining w exceeds u·(their sum over all ids), u =
 * `uniformAt(seed, DRAW_SALT, counter)`. A row with a NaN or +∞, or with nothing above −∞, gives (`NO_TOKEN`, 0). logits
 * [B, V], seeds [B] i32, counters [B] i32 (position of the token to be
 * drawn), seen [B, V] i32 counts → ids [B] i32, logProbs [B, 1] = log softmax(logits)_id, of the logits as they came in.
 */
export const sampleOp = defineOp({
  name: "sample",
  family: "sample",
  inputs: {
    logits: "M V",
    options: "M 5",
    seeds: "M i32",
    counters: "M i32",
    "seen?": "M V i32",
    "offsets?": "B+1 i32",
  },
  outputs: { ids: "M i32", logProbs: "M 1" },
  refuse: ({ V }) => V === 0 && "logits have no columns",
});

/** Applies {@link sampleOp}: → ids [B], logProbs [B, 1]. */
export const sample: Apply<"logits" | "options" | "seeds" | "counters" | "seen?" | "offsets?", "ids" | "logProbs"> =
  applying(sampleOp);

/**
 * Counts tokens: seen[rows[m], ids[m]] += 1, in place, where ids[m] is a token; an id below 0 is none.
 *
 * seen [B, V] i32, ids [M] i32 below V, rows [M] i32 distinct (every row in turn unless given; then M = B); offsets end with
 * the number of live entries.
 */
export const countOp = defineOp({
  name: "count",
  family: "sample",
  inputs: { seen: "B V i32", ids: "M i32", "rows?": "M i32", "offsets?": "_+1 i32" },
  outputs: { seen: "B V i32" },
  refuse: ({ B, M }, _params, { rows }) =>
    !rows && M !== B && `there are ${M} ids for ${B} rows, and no list says which`,
});

/** Applies {@link countOp}. */
export const count: Apply<"seen" | "ids" | "rows?" | "offsets?", "seen"> = applying(countOp);
