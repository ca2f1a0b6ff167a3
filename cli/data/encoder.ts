/** The tokenizer of a corpus: that of inference, with a look-up of tokens by name. */
import { nearest } from "../../src/common/words.ts";
import type { Json } from "../../src/model/config/fields.ts";
import type { Frame } from "../../src/tokenizer/post_processors.ts";
import { JsonTokenizer } from "../../src/tokenizer/tokenizer.ts";

/** Text to ids. */
export interface TextEncoder {
  /** V: one more than the highest id. */
  readonly vocabulary: number;
  /** Ids around a text that is encoded for a model. */
  readonly frame: Frame;
  /** Ids of the special tokens, which are not masked. */
  readonly special: readonly number[];
  /** Ids of a text, without those around it. */
  encode(text: string): readonly number[];
  /** Id of a token. Throws naming the nearest one for an unknown token. */
  tokenId(token: string): number;
}

/** Makes an encoder from a `tokenizer.json` and its `tokenizer_config.json`. Throws one line when it cannot be used. */
export function textEncoder(json: Json, config: Json): TextEncoder {
  const tokenizer = new JsonTokenizer(json, config);
  return {
    vocabulary: tokenizer.size,
    frame: tokenizer.frame,
    special: tokenizer.added.filter(({ special }) => special).map(({ id }) => id),
    encode: (text) => tokenizer.encode(text, { bare: true }),
    tokenId(token) {
      const id = tokenizer.vocabulary.get(token);
      if (id !== undefined) return id;
      const close = nearest(token, tokenizer.added.map(({ content }) => content));
      const hint = close === undefined ? "and no special token at all" : `the nearest special token is ${close}`;
      throw new RangeError(`Cannot find the token ${token}: the tokenizer has none, ${hint}`);
    },
  };
}
