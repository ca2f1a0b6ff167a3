/**
 * Keys of `tokenizer_config.json` that repeat settings of `tokenizer.json`. They override a setting with one unambiguous
 * counterpart, and are refused if the file contradicts them.
 *
 * @module
 */
import { isRecord } from "../checkpoint/messages.ts";
import type { Json } from "../model/config/fields.ts";
import type { Entry } from "./entry.ts";

/** Keys of BERT's classes, and their names in the normalizer. */
const BERT: Readonly<Record<string, string>> = {
  do_lower_case: "lowercase",
  strip_accents: "strip_accents",
  tokenize_chinese_chars: "handle_chinese_chars",
};

/** Parts of a normalizer or pre-tokenizer, with nested sequences flattened. */
function partsOf(part: unknown, depth = 2): Json[] {
  if (!isRecord(part)) return [];
  const inner = part.normalizers ?? part.pretokenizers;
  const isSequence = part.type === "Sequence" && Array.isArray(inner) && depth > 0;
  return isSequence ? inner.flatMap((part) => partsOf(part, depth - 1)) : [part];
}

/** A `tokenizer.json` with the settings of its configuration. Throws for contradictions. */
export function overridden(json: Json, config: Entry): Json {
  return { ...json, normalizer: normalizerOf(json, config), pre_tokenizer: preTokenizerOf(json, config) };
}

function normalizerOf({ normalizer }: Json, config: Entry): unknown {
  const given = Object.keys(BERT).filter((key) => config.at(key).given);
  const values = given.map((key) => [BERT[key], config.at(key).flag(false)] as const);
  if (isRecord(normalizer) && normalizer.type === "BertNormalizer") {
    return { ...normalizer, ...Object.fromEntries(values) };
  }
  const parts = partsOf(normalizer);
  const does: Readonly<Record<string, boolean>> = {
    do_lower_case: parts.some(({ type, lowercase = true }) =>
      type === "Lowercase" || type === "BertNormalizer" && lowercase
    ),
    strip_accents: parts.some(({ type, lowercase = true, strip_accents }) =>
      type === "StripAccents" || type === "BertNormalizer" && (strip_accents ?? lowercase)
    ),
    tokenize_chinese_chars: parts.some(({ type, handle_chinese_chars = true }) =>
      type === "BertNormalizer" && handle_chinese_chars
    ),
  };
  for (const key of given) agree(config.at(key), does[key], "normalizer");
  return normalizer;
}

/** Applies `add_prefix_space` to a single byte-level pre-tokenizer. */
function preTokenizerOf({ normalizer, pre_tokenizer }: Json, config: Entry): unknown {
  const entry = config.at("add_prefix_space");
  if (!entry.given) return pre_tokenizer;
  const wanted = entry.flag(false);
  if (isRecord(pre_tokenizer) && pre_tokenizer.type === "ByteLevel") {
    return { ...pre_tokenizer, add_prefix_space: wanted };
  }
  const prepends = partsOf(pre_tokenizer).flatMap(({ type, add_prefix_space = true, prepend_scheme }) =>
    type === "ByteLevel"
      ? [add_prefix_space]
      : type === "Metaspace"
      ? [add_prefix_space && prepend_scheme !== "never"]
      : []
  );
  const all = [...prepends, ...partsOf(normalizer).filter(({ type }) => type === "Prepend").map(() => true)];
  if (all.length > 0) agree(entry, all.includes(true), "normalizer and pre_tokenizer");
  return pre_tokenizer;
}

function agree(entry: Entry, does: boolean, where: string): void {
  if (entry.flag(does) !== does) entry.refuse(`is ${entry.value}, and tokenizer.json has ${does} (${where})`);
}
