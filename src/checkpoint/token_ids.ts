// Ids of begin and end tokens, from the files beside config.json.
import { Fields, type Json } from "../model/config/fields.ts";
import { readId, readIds, specialNames } from "../model/config/token_ids.ts";
import { readJson } from "./json.ts";
import { isRecord } from "./messages.ts";
import type { Source } from "./source.ts";

/** Begin and end tokens. */
export interface Ends {
  /** First token of a text. */
  readonly bos?: number;
  /** Tokens that end a text. */
  readonly eos: readonly number[];
}

/**
 * Begin and end tokens of a decoder: from `generation_config.json`, else the configuration (with the defaults of its
 * class), else the tokenizer's files.
 *
 * @throws naming file, key and id where an id is outside the vocabulary of V tokens
 */
export async function resolveEnds(source: Source, { bos, eos }: Ends, V: number): Promise<Ends> {
  const given = await optionalJson(source, "generation_config.json");
  const fields = new Fields(given ?? {}, "generation_config", `read generation_config.json of ${source.name}`);
  const first = readId(fields, "bos", V) ?? bos;
  const last = readIds(fields, "eos", V) ?? eos;
  if (first !== undefined && last.length > 0) return { bos: first, eos: last };
  const ids = await tokenizerIds(source, V);
  const end = ids.eos === undefined ? [] : [ids.eos];
  return { bos: first ?? ids.bos, eos: last.length > 0 ? last : end };
}

/**
 * Ids of the special tokens that `tokenizer_config.json` or `special_tokens_map.json` names, below V. Names without an id
 * in the tokenizer's files are omitted.
 */
export async function tokenizerIds(source: Source, V: number): Promise<Partial<Record<string, number>>> {
  const config = await optionalJson(source, "tokenizer_config.json") ?? {};
  const texts = { ...await optionalJson(source, "special_tokens_map.json"), ...config };
  const named = specialNames.flatMap((name) => {
    const text = contentOf(texts[`${name}_token`]);
    return text === undefined ? [] : [[name, text] as const];
  });
  if (named.length === 0) return {};
  const added = isRecord(config.added_tokens_decoder) ? config.added_tokens_decoder : {};
  const ids = new Map(Object.entries(added).map(([id, token]) => [contentOf(token), Number(id)]));
  if (named.some(([, text]) => !ids.has(text))) await addVocabulary(source, ids);
  const found = named.map(([name, text]) => [name, ids.get(text)] as const);
  return Object.fromEntries(found.filter(([, id]) => Number.isSafeInteger(id) && id! >= 0 && id! < V));
}

/** Adds the tokens of `tokenizer.json` by their text. */
async function addVocabulary(source: Source, ids: Map<string | undefined, number>): Promise<void> {
  const { model, added_tokens } = await optionalJson(source, "tokenizer.json") ?? {};
  const vocab = isRecord(model) ? model.vocab : undefined;
  const entries = Array.isArray(vocab) ? vocab.map((entry, id) => [entry?.[0], id]) : Object.entries(vocab ?? {});
  for (const [text, id] of entries) if (!ids.has(text)) ids.set(text, Number(id));
  for (const token of Array.isArray(added_tokens) ? added_tokens : []) ids.set(contentOf(token), Number(token?.id));
}

/** The text of a token, given as a string or an object. */
function contentOf(token: unknown): string | undefined {
  const text = isRecord(token) ? token.content : token;
  return typeof text === "string" ? text : undefined;
}

async function optionalJson(source: Source, file: string): Promise<Json | undefined> {
  return await source.has(file) ? await readJson(source, file) : undefined;
}
