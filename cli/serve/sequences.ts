/** Prompts and inputs as OpenAI's requests have them: a text, ids, or a list of either. */
import type { Fields } from "../../src/model/config/fields.ts";

const isText = (item: unknown) => typeof item === "string";
const isNumber = (item: unknown) => typeof item === "number";
const areNumbers = (item: unknown) => Array.isArray(item) && item.every(isNumber);

/** Throws a FieldError for a lone surrogate. */
export function checkText(fields: Fields, key: string, { name, text }: { name: string; text: string }): void {
  const reason = () => `${name} has half a pair of surrogates, expected Unicode text`;
  fields.check(text.isWellFormed(), reason, key);
}

/** The texts and lists of ids of a field. Throws a FieldError for other values, and for empty ones. */
export function sequencesOf(fields: Fields, key: string, most: number): readonly (string | readonly number[])[] {
  const value = fields.value(key);
  const name = `${fields.path}.${key}`;
  fields.check(value !== undefined, () => `${name} is missing`, key);
  const one = isText(value) || (areNumbers(value) && (value as []).length > 0);
  const list = (one ? [value] : value) as (string | number[])[];
  const fits = Array.isArray(list) && list.length > 0 && (list.every(isText) || list.every(areNumbers));
  fields.check(fits, () => `${name} is neither a text nor ids, nor a list of texts or of lists of ids`, key);
  fields.check(list.length <= most, () => `${name} has ${list.length} items, ${most} is the most`, key);
  for (const [i, item] of list.entries()) {
    const path = one ? name : `${name}[${i}]`;
    fields.check(item.length > 0, () => `${path} is empty`, key);
    if (typeof item === "string") checkText(fields, key, { name: path, text: item });
    else checkIds(fields, key, { name: path, ids: item });
  }
  return list;
}

/** The list of ids of a field, possibly empty. Throws a FieldError for other values. */
export function idsOf(fields: Fields, key: string): readonly number[] {
  const value = fields.value(key), name = `${fields.path}.${key}`;
  fields.check(areNumbers(value), () => `${name} is ${value === undefined ? "missing" : "not a list of ids"}`, key);
  checkIds(fields, key, { name, ids: value as number[] });
  return value as number[];
}

function checkIds(fields: Fields, key: string, { name, ids }: { name: string; ids: readonly number[] }): void {
  const at = ids.findIndex((id) => !(Number.isSafeInteger(id) && id >= 0));
  fields.check(at < 0, () => `${name}[${at}] is ${ids[at]}, expected the id of a token`, key);
}
