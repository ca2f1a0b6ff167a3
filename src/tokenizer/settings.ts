/**
 * Settings of `tokenizer_config.json`. Every key that affects ids or decoded text is used, or refused by name.
 *
 * @module
 */
import { quote } from "../checkpoint/messages.ts";
import { isRecord } from "../checkpoint/messages.ts";
import type { Json } from "../model/config/fields.ts";
import { type AddedToken, readAddedToken } from "./added_tokens.ts";
import { Entry, MOST_IDS } from "./entry.ts";
import type { Frame } from "./post_processors.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** Keys of single special tokens. */
const NAMED = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/** Keys that are refused if true. */
const REFUSED = ["split_special_tokens", "do_lowercase_and_remove_accent", "fix_mistral_regex"];

/** The text of a token, given as a string or an object; undefined if absent or null. */
export function tokenText(entry: Entry): string | undefined {
  return entry.optional((entry) => isRecord(entry.value) ? entry.at("content").text() : entry.text());
}

/** Texts of the named special tokens that an object gives, by key. */
function namedTexts(entry: Entry): Record<string, string> {
  const tokens = NAMED.map((key) => [key, tokenText(entry.at(key))] as const);
  return Object.fromEntries(tokens.filter((token): token is [string, string] => token[1] !== undefined));
}

/** A configuration completed with the tokens of `special_tokens_map.json`. Throws for values that are no tokens. */
export function withSpecialTokens(config: Json, map: Json): Json {
  const tokens = Object.entries(namedTexts(new Entry(map, "special_tokens_map.json")));
  return { ...config, ...Object.fromEntries(tokens.filter(([key]) => config[key] == null)) };
}

/** Texts of the named special tokens that a configuration gives, by key. Throws for values that are no tokens. */
export function specialTexts(config: Json): Record<string, string> {
  return namedTexts(new Entry(config, "tokenizer_config.json"));
}

/** Throws for unsupported keys that would change ids. */
export function checkSettings(config: Entry): void {
  config.keys();
  for (const key of REFUSED) if (config.at(key).flag(false)) config.at(key).refuse("is true, only false is supported");
}

/**
 * The frame with `add_bos_token` and `add_eos_token`: if one of them contradicts the frame, the
 * frame is replaced by these tokens alone. An absent key leaves the frame unchanged. A text that begins with the token
 * gets a second one, as from the fast tokenizers.
 */
export function framed(frame: Frame, config: Entry, vocabulary: Vocabulary): Frame {
  const side = (name: "bos" | "eos", ids: readonly number[]) => {
    const token = tokenText(config.at(`${name}_token`)), id = token === undefined ? undefined : vocabulary.get(token);
    const has = id !== undefined && ids.includes(id), wanted = config.at(`add_${name}_token`).flag(has);
    if (wanted && id === undefined) {
      const why = token === undefined ? "is missing" : `is ${quote(token)}, which is not in the vocabulary`;
      config.at(`${name}_token`).refuse(`${why}, and add_${name}_token is true`);
    }
    return { has, wanted, ids: wanted ? [id!] : [] };
  };
  const bos = side("bos", frame.before), eos = side("eos", frame.after);
  return bos.has === bos.wanted && eos.has === eos.wanted ? frame : { before: bos.ids, after: eos.ids };
}

/** The added tokens of the file, with tokens that the configuration adds or makes special. */
export function withConfigured(added: readonly AddedToken[], config: Entry, vocabulary: Vocabulary): AddedToken[] {
  const tokens = new Map(added.map((token) => [token.content, token]));
  const decoder = config.at("added_tokens_decoder");
  for (const key of decoder.given ? decoder.keys() : []) {
    const token = declared(decoder.at(key), /^[0-9]+$/.test(key) ? Number(key) : NaN, added, vocabulary);
    tokens.set(token.content, token);
  }
  for (const { entry, content, needed } of specialTokens(config)) {
    const token = tokens.get(content), id = token?.id ?? vocabulary.get(content);
    if (id === undefined && needed) entry.refuse(`is ${quote(content)}, which is not in the vocabulary`);
    const plain = { content, single_word: false, lstrip: false, rstrip: false, normalized: false };
    if (id !== undefined && content !== "") tokens.set(content, { ...plain, ...token, id, special: true });
  }
  return [...tokens.values()];
}

/** One token of `added_tokens_decoder`, which must not contradict `tokenizer.json`. */
function declared(entry: Entry, id: number, added: readonly AddedToken[], vocabulary: Vocabulary): AddedToken {
  if (!(id < MOST_IDS)) entry.refuse(`is not named by an id from 0 to ${MOST_IDS - 1}`);
  const token = readAddedToken(entry, id), { content } = token;
  const same = added.find((other) => other.id === id) ?? added.find((other) => other.content === content);
  const known = vocabulary.get(content);
  if (!same) {
    const other = [...vocabulary].find(([text, taken]) => taken === id && text !== content)?.[0];
    if (other !== undefined) entry.refuse(`is ${quote(content)}, and tokenizer.json has ${quote(other)} as ${id}`);
    if (known !== undefined && known !== id) {
      entry.refuse(`is ${quote(content)}, and tokenizer.json has it as ${known}`);
    }
    return token;
  }
  for (const key of Object.keys(same) as (keyof AddedToken)[]) {
    if (same[key] === token[key]) continue;
    entry.refuse(`has ${key} ${JSON.stringify(token[key])}, and tokenizer.json has ${JSON.stringify(same[key])}`);
  }
  return same;
}

/** Special tokens by name and by list; those of lists must be in the vocabulary. */
function specialTokens(config: Entry): { entry: Entry; content: string; needed: boolean }[] {
  const named = NAMED.map((key) => config.at(key)).filter(({ given }) => given).map((entry) => ({
    entry,
    needed: false,
  }));
  const listed = ["additional_special_tokens", "extra_special_tokens"].map((key) => config.at(key))
    .flatMap((list) => list.given ? isRecord(list.value) ? list.keys().map((key) => list.at(key)) : list.items() : []);
  return [...named, ...listed.map((entry) => ({ entry, needed: true }))]
    .map(({ entry, needed }) => ({ entry, needed, content: tokenText(entry)! }));
}
