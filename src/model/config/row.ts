/**
 * Rows of tables of keys: one row says the type, the bounds, the default and the meaning of a key, from which reading, help
 * and documentation follow.
 *
 * @module
 */
import { LEAST_SIZE, MOST_SIZE } from "../../common/float32.ts";
import type { Fields } from "./fields.ts";

/** One key whose value is a number, a word, a list of numbers, or true or false. */
export interface Row {
  /** Meaning, with its unit. */
  readonly help: string;
  /** Type of the value. */
  readonly kind: "whole" | "number" | "positive" | "wholes" | "numbers" | "word" | "flag" | "text";
  /** Least number; 0 unless given. */
  readonly least?: number;
  /** Greatest number. */
  readonly most?: number;
  /** Words to choose from. */
  readonly words?: readonly string[];
  /** Default. */
  readonly fallback?: number | string | boolean;
  /** Default in words, where it depends on other keys. */
  readonly absent?: string;
  /** Whether the key must be given. */
  readonly required?: true;
}

/** Values of the kinds of rows. */
export interface RowValues {
  /** A whole number. */
  readonly whole: number;
  /** A number. */
  readonly number: number;
  /** A number that float32 can divide by. */
  readonly positive: number;
  /** A list of whole numbers. */
  readonly wholes: readonly number[];
  /** A list of numbers. */
  readonly numbers: readonly number[];
  /** A text. */
  readonly text: string;
  /** True or false. */
  readonly flag: boolean;
}

/** Value of a key that is given: one of its words, or of its kind. */
export type Given<R, Values> = R extends { readonly words: readonly (infer W)[] } ? W
  : R extends { readonly kind: infer K extends keyof Values } ? Values[K]
  : never;

/** Value of a key after reading: undefined only where it has no default and need not be given. */
export type ValueOf<R, Values = RowValues> = R extends
  { readonly fallback: unknown } | { readonly required: true } | { readonly derived: true } ? Given<R, Values>
  : Given<R, Values> | undefined;

/** Reads the value of a key by its row. */
export function readRow<R extends Row>(fields: Fields, key: string, row: R): ValueOf<R> {
  return readAny(fields, key, row) as ValueOf<R>;
}

function readAny(fields: Fields, key: string, row: Row): unknown {
  const { kind, least = 0, most, fallback, required, words = [] } = row;
  if (fallback === undefined && !fields.has(key)) {
    if (required) fields.fail(`${fields.path}.${key} is missing`, key);
    return undefined;
  }
  const size = kind === "positive" ? { least: LEAST_SIZE, most: MOST_SIZE } : {};
  const limits = { least, most, ...size, fraction: !kind.startsWith("whole") };
  switch (kind) {
    case "whole":
    case "number":
    case "positive":
      return fields.number(key, fallback as number | undefined, limits);
    case "wholes":
    case "numbers":
      return fields.numbers(key, limits);
    case "word":
      return fields.choice(key, words, (fallback ?? words[0]) as string);
    case "flag":
      return fields.flag(key, fallback === true);
    case "text":
      return fields.text(key) ?? fallback;
  }
}

/** Reads all keys of a table. */
export function readRows<T extends Readonly<Record<string, Row>>>(
  fields: Fields,
  table: T,
): { readonly [K in keyof T]: ValueOf<T[K]> } {
  const entries = Object.entries(table).map(([key, row]) => [key, readRow(fields, key, row)]);
  return Object.fromEntries(entries);
}

/** The values that a row allows, in words; empty where its help says it. */
function rangeOf({ kind, least = 0, most, words }: Omit<Row, "kind"> & { readonly kind: string }): string {
  if (words) return `one of ${words.join(", ")}`;
  if (kind === "flag") return "true or false";
  if (kind === "positive") return "number above 0";
  const names = { whole: "whole number", number: "number", wholes: "whole numbers", numbers: "numbers" };
  if (!Object.hasOwn(names, kind)) return "";
  const name = names[kind as keyof typeof names];
  return most === undefined ? `${name} of at least ${least}` : `${name} from ${least} to ${most}`;
}

/** A row in words: meaning, range and default. */
export function describeRow(row: Omit<Row, "kind"> & { readonly kind: string }): string {
  const { help, fallback, absent, required } = row;
  const missing = absent ?? fallback;
  return [
    help,
    rangeOf(row),
    required ? "required" : missing !== undefined && `default ${missing}`,
  ].filter(Boolean).join("; ");
}
