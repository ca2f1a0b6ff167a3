/**
 * Perplexity of texts of any length, in overlapping windows.
 *
 * @module
 */
import { checkOptions, number } from "../../common/options.ts";
import { demandWhole } from "../../common/whole.ts";
import type { Tensor } from "../../op/op.ts";
import { bitsPerByte } from "../../train/evaluate.ts";
import type { DecoderModel } from "../decoder.ts";
import { checkTop, SELECTION_KINDS, type SelectionOptions, sumOf } from "./score.ts";
import type { ScoredSequence } from "./score_inputs.ts";
import { textIds, type TextOrIds } from "./scored_texts.ts";
import { type TopToken, topTokens } from "./token_list.ts";
import type { TokenScores } from "./token_scores.ts";

/** How the perplexity of a text is measured. */
export interface PerplexityOptions extends SelectionOptions {
  /** Tokens from the start of one window to that of the next, below `maxLength`; half of it unless given. */
  stride?: number;
  /** Tokens of a window at most; all positions of the model unless given. */
  maxLength?: number;
}

/** The perplexity of a text. */
export interface Perplexity {
  /** e^(−logProb/tokens). */
  readonly perplexity: number;
  /** log p of all scored tokens, nats. */
  readonly logProb: number;
  /** Scored tokens: all but the first, which is the token that begins a text where the model has one. */
  readonly tokens: number;
  /** UTF-8 bytes of the text of the scored tokens; absent for ids. */
  readonly bytes?: number;
  /** −logProb/(ln 2·bytes); absent for ids. */
  readonly bitsPerByte?: number;
  /** Windows that the text was cut into. */
  readonly windows: number;
  /** Mean recursions that chose a token; 1 without routing. */
  readonly depth: number;
  /** log p of every scored token, nats. */
  readonly logProbs: Float64Array;
  /** The likeliest tokens at every place, where they were asked for. */
  readonly top?: readonly (readonly TopToken[])[];
}

/**
 * Windows [begin, end) over a text: each begins `stride` after the one before and has at most `most` tokens; scored are
 * the tokens that no window before it has, except the `from` first ones.
 */
function windowsOf({ ids, from }: ScoredSequence, most: number, stride: number): ScoredSequence[] {
  const all = Int32Array.from(ids), windows: ScoredSequence[] = [];
  let scored = from;
  for (let begin = 0; scored < all.length; begin += stride) {
    const end = Math.min(begin + most, all.length);
    windows.push({ ids: all.subarray(begin, end), from: scored - begin });
    scored = end;
  }
  return windows;
}

/** UTF-8 bytes of a text. */
export const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

/**
 * Perplexity and bits per byte of a text of any length. Windows overlap, so that every token but the first is scored once,
 * with at least `maxLength` − `stride` tokens before it where the text has them.
 *
 * A text begins with the model's begin token (see {@link textIds}), so that its own tokens are all scored. Throws a
 * RangeError for a text of less than two tokens, ids outside the vocabulary and options out of range; an Error for a text
 * without a tokenizer, and for logits that are not finite.
 */
export async function perplexity<T extends Tensor>(
  model: DecoderModel<T>,
  text: TextOrIds,
  options: PerplexityOptions = {},
): Promise<Perplexity> {
  model.check("score");
  checkOptions("score", options, { ...SELECTION_KINDS, stride: number, maxLength: number });
  const { config: { V, maxPositions }, tokenizer } = model;
  const { maxLength = maxPositions, topLogProbs: top = 0, selection, signal } = options;
  demandWhole("score", "maxLength", maxLength, 2, maxPositions);
  const { stride = Math.ceil(maxLength / 2) } = options;
  demandWhole("score", "stride", stride, 1, maxLength - 1);
  checkTop(top, V);
  const sequence = textIds(model, text);
  if (sequence.ids.length < 2) throw new RangeError("Cannot score: the text has one token, and none before it");
  const windows = windowsOf(sequence, maxLength, stride), k = Math.max(1, top);
  const scores = await model.tokenScores(windows, { selection, k, signal });
  const logProb = scores.reduce((sum, { logProbs }) => sum + sumOf(logProbs), 0);
  const tokens = sequence.ids.length - sequence.from;
  const { unscored } = sequence, first = unscored === undefined ? "" : tokenizer!.decode([unscored]);
  const bytes = typeof text === "string" ? utf8Bytes(text) - utf8Bytes(first) : undefined;
  return {
    ...{ perplexity: Math.exp(-logProb / tokens), logProb, tokens, windows: windows.length },
    ...(bytes !== undefined && { bytes, bitsPerByte: bitsPerByte(-logProb / tokens, tokens, bytes) }),
    depth: scores.reduce((sum, { depths }) => sum + sumOf(depths), 0) / tokens,
    logProbs: Float64Array.from(scores.flatMap(({ logProbs }) => Array.from(logProbs))),
    ...(top > 0 && { top: scores.flatMap((one, w) => topOf(tokenizer, windows[w], one, top)) }),
  };
}

/** The likeliest tokens at every scored place of a window. */
function topOf(
  tokenizer: DecoderModel["tokenizer"],
  { ids, from }: ScoredSequence,
  scores: TokenScores,
  top: number,
): TopToken[][] {
  return Array.from(scores.logProbs, (_, i) => topTokens(tokenizer, ids[from + i - 1], scores, { i, top }));
}
