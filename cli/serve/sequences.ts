/** Prompts and inputs as OpenAI's requests have them: a text, ids, or a list of either. */
import type { Fields } from "../../src/model/fields.ts";

const isId = (item: unknown) => Number.isSafeInteger(item) && item as number >= 0;
const isText = (item: unknown) => typeof item === "string";
const isIds = (item: unknown) => Array.isArray(item) && item.every(isId);

/** The texts and lists of ids of a field. Throws a FieldError for anything else, and where one of them is empty. */
export function sequencesOf(fields: Fields, key: string, most: number): readonly (string | readonly number[])[] {
  const value = fields.value(key);
  const name = `${fields.path}.${key}`;
  fields.check(value !== undefined, () => `${name} is missing`, key);
  const one = isText(value) || (isIds(value) && (value as []).length > 0);
  const list = (one ? [value] : value) as (string | number[])[];
  const fits = Array.isArray(list) && list.length > 0 && (list.every(isText) || list.every(isIds));
  fields.check(fits, () => `${name} is neither a text nor ids, nor a list of texts or of lists of ids`, key);
  fields.check(list.length <= most, () => `${name} has ${list.length} items, ${most} is the most`, key);
  const empty = list.findIndex(({ length }) => length === 0);
  fields.check(empty < 0, () => `${name}${one ? "" : `[${empty}]`} is empty`, key);
  return list;
}
