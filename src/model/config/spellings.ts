/**
 * One value under several spellings.
 *
 * @module
 */
import { show } from "../../common/words.ts";
import type { Fields } from "./fields.ts";

/** A value and the path of its spelling; undefined if absent. */
export interface Spelling<V> {
  /** Path in messages. */
  readonly path: string;
  /** The value. */
  readonly value: V | undefined;
}

/** The common value of all present spellings. Throws a FieldError that shows two that differ. */
export function agreed<V>(fields: Fields, spellings: readonly Spelling<V>[]): V | undefined {
  const [first, ...others] = spellings.filter(({ value }) => value !== undefined);
  const text = (value: unknown) => JSON.stringify(value);
  const other = others.find(({ value }) => text(value) !== text(first.value));
  if (!other) return first?.value;
  fields.fail(
    `${first.path} is ${show(first.value)}, but ${other.path} is ${show(other.value)}`,
    undefined,
    first.path,
  );
  return first.value;
}
