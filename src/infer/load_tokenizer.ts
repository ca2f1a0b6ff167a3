/**
 * The tokenizer of a checkpoint.
 *
 * @module
 */
import { readJson } from "../checkpoint/json.ts";
import type { Source } from "../checkpoint/source.ts";
import type { Json } from "../model/config/fields.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The two files that make a tokenizer; `config` has the special tokens of `special_tokens_map.json`, too. */
export interface TokenizerFiles {
  /** `tokenizer.json`. */
  readonly json: Json;
  /** `tokenizer_config.json`, empty where there is none. */
  readonly config: Json;
}

/** Reads `tokenizer_config.json`, empty without one, with the special tokens of `special_tokens_map.json`. */
export async function readTokenizerConfig(source: Source): Promise<Json> {
  const read = async (file: string) => await source.has(file) ? await readJson(source, file) : {};
  const [config, map] = [await read("tokenizer_config.json"), await read("special_tokens_map.json")];
  const { withSpecialTokens } = await import("../tokenizer/tokenizer.ts");
  return withSpecialTokens(config, map);
}

/** Reads the files of a tokenizer. Throws where `tokenizer.json` is missing, and where one is not a JSON object. */
export async function readTokenizerFiles(source: Source): Promise<TokenizerFiles> {
  const config = await readTokenizerConfig(source);
  return { json: await readJson(source, "tokenizer.json"), config };
}

/**
 * Makes a tokenizer from the `tokenizer.json` of a checkpoint; undefined where there is none.
 *
 * Throws one error with file, key and value for damaged files, for what changes ids and is not supported, and for ids
 * outside of the model's vocabulary of V tokens, where V is given.
 *
 * ```ts ignore
 * const tokenizer = await loadTokenizer(openSource("models/stories-mor"));
 * tokenizer?.decode(tokenizer.encode("Once upon a time")); // Once upon a time
 * ```
 */
export async function loadTokenizer(source: Source, V?: number): Promise<Tokenizer | undefined> {
  if (!await source.has("tokenizer.json")) return undefined;
  const { json, config } = await readTokenizerFiles(source);
  const { JsonTokenizer } = await import("../tokenizer/tokenizer.ts");
  const tokenizer = new JsonTokenizer(json, config);
  if (V !== undefined) tokenizer.fits(V);
  return {
    encode: (text, options) => tokenizer.encode(text, options),
    decode: (ids) => tokenizer.decode(ids),
    decoding: () => tokenizer.decoding(),
    mask: tokenizer.mask,
    special: new Map(tokenizer.added.filter(({ special }) => special).map(({ id, content }) => [id, content])),
  };
}
