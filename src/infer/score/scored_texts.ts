/**
 * Ids of a prompt and its continuation, divided as lm-evaluation-harness divides them.
 *
 * @module
 */
import { isList } from "../../common/options.ts";
import { show } from "../../common/words.ts";
import { idsBefore } from "../frame.ts";
import { encodeText, type Tokenizer } from "../tokenizer.ts";
import type { ScoredSequence } from "./score_inputs.ts";

/** A text, or its ids. */
export type TextOrIds = string | ArrayLike<number>;

/** A model's tokenizer and special tokens. */
export interface TextModel {
  /** Text to ids, where there is a tokenizer. */
  readonly tokenizer?: Tokenizer;
  /** Special tokens. */
  readonly config: { readonly bos?: number; readonly eos: readonly number[] };
}

/**
 * Ids that begin a text: those that the tokenizer puts before it, else the model's begin token, else its first end token
 * (lm-evaluation-harness: `prefix_token_id`); empty where there is none.
 */
export function beginIds({ tokenizer, config: { bos, eos } }: TextModel): number[] {
  const before = tokenizer ? idsBefore(tokenizer) : [];
  return before.length > 0 ? before : [bos ?? eos[0]].filter((id) => id !== undefined);
}

/** Ids of a whole text. */
export interface ScoredText extends ScoredSequence {
  /** The text's own first token, where no other stands before it: it has no score. */
  readonly unscored?: number;
}

/** Ids of a whole text after those that begin it. Throws for an empty text, and for texts without a tokenizer. */
export function textIds(model: TextModel, text: TextOrIds): ScoredText {
  if (typeof text !== "string") return { ids: requireIds("the text", text), from: 1 };
  const begin = beginIds(model), own = encodeText(model.tokenizer, text, { bare: true });
  return begin.length > 0 ? { ids: [...begin, ...own], from: begin.length } : { ids: own, from: 1, unscored: own[0] };
}

/** The ids. Throws a RangeError for anything else, and for none. */
function requireIds(name: string, ids: unknown): ArrayLike<number> {
  if (!isList(ids)) throw new RangeError(`Cannot score: ${name} is ${show(ids)}, expected a text or a list of ids`);
  if (ids.length === 0) throw new RangeError(`Cannot score: ${name} is empty`);
  return ids as ArrayLike<number>;
}

/** Ids of a prompt: its own after those that the tokenizer puts before it, or {@link beginIds} of an empty text. */
function promptIds(model: TextModel, prompt: TextOrIds): number[] {
  if (typeof prompt !== "string") return Array.from(requireIds("the prompt", prompt));
  if (prompt === "") {
    const begin = beginIds(model);
    if (begin.length > 0) return begin;
    throw new RangeError("Cannot score: the prompt is empty, and the model has no token that begins or ends a text");
  }
  const own = encodeText(model.tokenizer, prompt, { bare: true });
  return [...idsBefore(model.tokenizer!), ...own];
}

/**
 * Ids of prompt and continuation, of which the continuation's are scored.
 *
 * Two texts are encoded as one; the continuation has the ids after as many as the prompt alone has, and the blanks at the
 * end of the prompt belong to it (lm-evaluation-harness, `_encode_pair`). Given ids are joined as they are. An empty prompt
 * is the token that begins a text.
 *
 * Throws a RangeError for an empty continuation, one that adds no ids to the prompt, and an empty prompt where no token
 * begins a text; an Error for texts without a tokenizer.
 */
export function continuationIds(
  model: TextModel,
  prompt: TextOrIds,
  continuation: TextOrIds,
  name: string,
): ScoredSequence {
  if (continuation === "") throw new RangeError(`Cannot score: ${name} is empty`);
  if (typeof continuation !== "string") {
    const first = promptIds(model, prompt);
    return { ids: [...first, ...Array.from(requireIds(name, continuation))], from: first.length };
  }
  const text = typeof prompt === "string", head = text ? prompt.trimEnd() : prompt, first = promptIds(model, head);
  if (!text || head === "") {
    const rest = encodeText(model.tokenizer, text ? prompt + continuation : continuation, { bare: true });
    return { ids: [...first, ...rest], from: first.length };
  }
  const ids = promptIds(model, prompt + continuation);
  if (ids.length > first.length) return { ids, from: first.length };
  throw new RangeError(`Cannot score: ${name} adds no tokens to the prompt`);
}
