/**
 * Ids of special tokens in a configuration.
 *
 * @module
 */
import { show } from "../../common/words.ts";
import type { Fields } from "./fields.ts";

/** Special tokens of an encoder. */
export interface SpecialIds {
  /** Padding. */
  readonly pad: number;
  /** Beginning of a text. */
  readonly bos?: number;
  /** End of a text. */
  readonly eos?: number;
  /** First token of a sequence. */
  readonly cls?: number;
  /** Last token of a sequence. */
  readonly sep?: number;
}

/** Names of special tokens: `cls` is `cls_token_id` of a config.json and `cls_token` of a tokenizer_config.json. */
export const specialNames = ["pad", "bos", "eos", "cls", "sep"] as const;

/**
 * Ids under `<name>_token_id`, a number or a list; undefined where the key is absent or null.
 *
 * @throws FieldError for an id that is outside a vocabulary of V tokens
 */
export function readIds(fields: Fields, name: string, V: number): number[] | undefined {
  const key = `${name}_token_id`;
  if (!fields.has(key)) return undefined;
  const list = Array.isArray(fields.value(key));
  const ids = list ? fields.numbers(key)! : [fields.number(key)];
  const outside = ids.find((id) => id >= V);
  fields.check(
    outside === undefined,
    () => `${fields.path}.${key} is ${show(fields.value(key))}, and the vocabulary has ${V} tokens`,
    key,
  );
  return ids;
}

/** The single id under `<name>_token_id`. Throws a FieldError as {@link readIds} does, and for several ids. */
export function readId(fields: Fields, name: string, V: number): number | undefined {
  const ids = readIds(fields, name, V);
  const key = `${name}_token_id`;
  fields.check(
    ids === undefined || ids.length === 1,
    () => `${fields.path}.${key} is ${show(fields.value(key))}, expected one id`,
    key,
  );
  return ids?.[0];
}

/** The default of a class, for an absent key (null means no token) and an id within the vocabulary. */
export function classId(given: Fields, name: string, fallback: unknown, V: number): number | undefined {
  const absent = given.json[`${name}_token_id`] === undefined;
  return absent && typeof fallback === "number" && fallback < V ? fallback : undefined;
}
