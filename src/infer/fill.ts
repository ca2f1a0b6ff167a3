/**
 * Filling masks: which tokens an encoder expects where the text does not say.
 *
 * @module
 */
import { checkOptions, number } from "../common/options.ts";
import type { Tensor } from "../op/op.ts";
import type { EncoderModel } from "./encoder.ts";
import { logProbabilities, requireFinite } from "./probabilities.ts";
import { encodeText, type Tokenizer } from "./tokenizer.ts";

/** How masks are filled. */
export interface FillOptions {
  /** Candidates of each mask, 5 unless given. */
  candidates?: number;
}

/** A token that may stand where a mask is. */
export interface Candidate {
  /** Its text; tokenizers of bytes write the blank before a word as a part of it. */
  readonly text: string;
  /** Its id. */
  readonly id: number;
  /** Its share of the softmax over the whole vocabulary. */
  readonly probability: number;
}

/** A text with masks as ids, and the rows of the masks. */
function encodeMasked(tokenizer: Tokenizer | undefined, text: string): { ids: number[]; rows: number[] } {
  const ids = encodeText(tokenizer, text);
  const mask = tokenizer?.mask;
  if (!mask) throw new Error("Cannot fill masks: the tokenizer has no mask token");
  const rows = ids.flatMap((id, row) => id === mask.id ? [row] : []);
  if (rows.length > 0) return { ids, rows };
  throw new RangeError(`Cannot fill masks: there is no ${mask.text} in ${JSON.stringify(text)}`);
}

/**
 * The likeliest tokens for every mask of a text: one list a mask, in their order, best first, of equally likely tokens
 * the lower id.
 *
 * p = softmax over V of the masked-language logits at the mask. Throws for a text without masks or with more
 * tokens than positions, a tokenizer without mask token, a model without tokenizer or head, and logits that are not finite.
 */
export async function fill<T extends Tensor>(
  model: EncoderModel<T>,
  text: string,
  options: FillOptions = {},
): Promise<Candidate[][]> {
  checkOptions("fill masks", options, { candidates: number });
  const { candidates = 5 } = options;
  const { V } = model.config;
  if (!(Number.isSafeInteger(candidates) && candidates >= 1 && candidates <= V)) {
    throw new RangeError(`Cannot fill masks: ${candidates} candidates of ${V} tokens`);
  }
  const { ids, rows } = encodeMasked(model.tokenizer, text);
  const { data } = await model.logitsAt(ids, rows);
  return rows.map((_, mask) => {
    requireFinite(data, () => `fill masks: the logits of mask ${mask + 1}`, mask * V, (mask + 1) * V);
    const logs = logProbabilities(data, mask * V, V);
    const best = Array.from(logs.keys()).sort((a, b) => logs[b] - logs[a] || a - b).slice(0, candidates);
    return best.map((id) => ({ text: model.tokenizer!.decode([id]), id, probability: Math.exp(logs[id]) }));
  });
}
