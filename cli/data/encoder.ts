/** A tokenizer as the preparation of a corpus needs it. */
import { Tokenizer } from "@huggingface/tokenizers";
import { type Json, nearest } from "../../src/model/fields.ts";
import { wordsOf } from "../../src/train/data/byte_level.ts";

/** Text to ids, without the special tokens that surround a prompt. */
export interface TextEncoder {
  /** V: one more than the highest id. */
  readonly vocabulary: number;
  /** Ids of a text. */
  encode(text: string): readonly number[];
  /** Id of a token. Throws with the nearest one there is. */
  tokenId(token: string): number;
}

/** Words whose ids are remembered. */
const MOST_WORDS = 500_000;

/** Makes an encoder from a `tokenizer.json` and its `tokenizer_config.json`. Throws one line when it cannot be used. */
export function textEncoder(json: Json, config: Json): TextEncoder {
  const tokenizer = new Tokenizer(json as object, config as object);
  const vocabulary = tokenizer.get_vocab();
  const encode = (text: string): readonly number[] => tokenizer.encode(text, { add_special_tokens: false }).ids;
  return {
    vocabulary: vocabulary.values().reduce((most, id) => Math.max(most, id), -1) + 1,
    encode: splitsWords(json) ? byWords(encode) : encode,
    tokenId(token) {
      const id = tokenizer.token_to_id(token);
      if (id !== undefined) return id;
      const close = nearest(token, tokenizer.get_added_tokens_decoder().values().map(({ content }) => content));
      const hint = close === undefined ? "and no special token at all" : `the nearest special token is ${close}`;
      throw new RangeError(`Cannot find the token ${token}: the tokenizer has none, ${hint}`);
    },
  };
}

/** Ids of the special tokens of a `tokenizer.json`: those that masking leaves alone. */
export function specialIds({ added_tokens: added }: Json): number[] {
  return ((added ?? []) as readonly Json[]).filter(({ special }) => special).map(({ id }) => id as number);
}

/** Whether a text's ids are those of its words: GPT-2's pattern, nothing before it. */
function splitsWords({ normalizer, pre_tokenizer }: Json): boolean {
  const { type, use_regex = true, add_prefix_space = true } = (pre_tokenizer ?? {}) as Json;
  return !normalizer && type === "ByteLevel" && use_regex === true && add_prefix_space === false;
}

/** Encodes every word once: prose repeats few words. Special tokens in a text are text then. */
function byWords(encode: (word: string) => readonly number[]): (text: string) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (text) =>
    wordsOf(text).flatMap((word) => {
      let ids = known.get(word);
      if (ids) return ids;
      if (known.size >= MOST_WORDS) known.clear();
      known.set(word, ids = encode(word));
      return ids;
    });
}
