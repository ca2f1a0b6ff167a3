// Reads the text settings of a sentence-transformers folder: prompt, lower case, lengths.
import { Fields } from "../model/config/fields.ts";
import type { SentenceConfig } from "../model/config/sentence.ts";
import { readJson } from "./json.ts";
import { describe, isRecord, quote } from "./messages.ts";
import type { Source } from "./source.ts";

/** Files of the settings. */
export const TEXT_FILES = ["config_sentence_transformers.json", "sentence_bert_config.json"] as const;

/** Settings without an effect on results: names of other input kinds, and padding. */
const HARMLESS = ["modality_config", "unpad_inputs"];

/** Settings of foreign models and tokenizers, which must be empty. */
const FOREIGN = ["processing_kwargs", ...["model", "tokenizer", "config"].map((what) => `${what}_args`)];

/** Fields of a file; empty for a missing one. */
async function fieldsOf(source: Source, file: string): Promise<Fields> {
  const json = await source.has(file) ? await readJson(source, file) : {};
  return new Fields(json, file, `read the modules of ${source.name}`);
}

/**
 * Reads the default prompt, lower-casing, the maximum length of a text, and the truncated width of vectors.
 *
 * @throws naming file, key and value for unsupported settings
 */
export async function readTextSettings(
  source: Source,
  maxPositions: number,
): Promise<Pick<SentenceConfig, "prompt" | "lowerCase" | "maxTokens" | "truncate">> {
  const [sentences, texts] = await Promise.all(TEXT_FILES.map((file) => fieldsOf(source, file)));
  sentences.only("model_type", "SentenceTransformer");
  texts.only("transformer_task", "feature-extraction");
  texts.only("module_output_name", "token_embeddings");
  for (const key of HARMLESS) texts.value(key);
  for (const key of FOREIGN) {
    const value = texts.value(key);
    const empty = value === undefined || (isRecord(value) && Object.keys(value).length === 0);
    texts.check(empty, () => `${texts.path}.${key} is ${JSON.stringify(value)}, only {} is supported`, key);
  }
  const settings = {
    prompt: readPrompt(sentences),
    truncate: sentences.has("truncate_dim") ? sentences.count("truncate_dim") : undefined,
    lowerCase: texts.flag("do_lower_case", false),
    maxTokens: Math.min(maxPositions, await mostTokens(source, texts)),
  };
  texts.noOthers();
  return settings;
}

function readPrompt(fields: Fields): string {
  const name = fields.text("default_prompt_name");
  if (name === undefined) return "";
  const prompts = fields.object("prompts")?.json ?? {};
  const prompt = Object.hasOwn(prompts, name) ? prompts[name] : undefined;
  const known = Object.keys(prompts).map(quote).join(", ") || "none";
  fields.check(
    prompt !== undefined,
    () => `${fields.path}.default_prompt_name is ${quote(name)}, prompts has ${known}`,
  );
  fields.check(prompt === null || typeof prompt === "string", () => {
    return `${fields.path}.prompts.${name} is ${describe(prompt)}, expected a text`;
  });
  return (prompt ?? "") as string;
}

/** The declared maximum length, else the tokenizer's, as in newer folders. */
async function mostTokens(source: Source, texts: Fields): Promise<number> {
  if (texts.has("max_seq_length")) return texts.count("max_seq_length", undefined, Number.MAX_SAFE_INTEGER);
  const most = (await fieldsOf(source, "tokenizer_config.json")).value("model_max_length");
  return typeof most === "number" && most >= 1 ? most : Infinity; // "very large" is written as 10³⁰
}
