/**
 * Options checked at run time, for callers without types: names, types, and words among the choices.
 *
 * @module
 */
import { nearest, show } from "./words.ts";

/** What the value of an option may be. */
export interface OptionKind {
  /** The kind in words, after "expected". */
  readonly expected: string;
  /** Whether a value is of the kind. */
  readonly fits: (value: unknown) => boolean;
  /** Whether the option must be given. */
  readonly required?: boolean;
}

/** A kind for every option of a type: an option without a kind does not compile. */
export type OptionKinds<O> = { readonly [Name in keyof Required<O>]: OptionKind };

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
/** Whether a value is a list, of any elements or of numbers. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** Any number; its range is for the function to check. */
export const number: OptionKind = { expected: "a number", fits: (value) => typeof value === "number" };
/** True or false. */
export const flag: OptionKind = { expected: "true or false", fits: (value) => typeof value === "boolean" };
/** A text. */
export const text: OptionKind = { expected: "a text", fits: (value) => typeof value === "string" };
/** A function. */
export const callback: OptionKind = { expected: "a function", fits: (value) => typeof value === "function" };
/** An object that is no list. */
export const record: OptionKind = { expected: "an object", fits: (value) => isObject(value) && !isList(value) };
/** An AbortSignal, also of another realm. */
export const signal: OptionKind = {
  expected: "an AbortSignal",
  fits: (value) => isObject(value) && "aborted" in value && "addEventListener" in value,
};

/** A list of values of a kind. */
export function listOf(kind: OptionKind, plural: string): OptionKind {
  return { expected: `a list of ${plural}`, fits: (value) => isList(value) && Array.from(value).every(kind.fits) };
}

/** A list of numbers. */
export const numbers: OptionKind = listOf(number, "numbers");
/** A list of texts. */
export const texts: OptionKind = listOf(text, "texts");

/** One of some words. */
export function oneOf(words: readonly string[]): OptionKind {
  return { expected: `one of ${words.join(", ")}`, fits: (value) => words.includes(value as string) };
}

/** An option that must be given. */
export function required(kind: OptionKind): OptionKind {
  return { ...kind, required: true };
}

/** A value of either kind. */
export function either(a: OptionKind, b: OptionKind): OptionKind {
  return { expected: `${a.expected} or ${b.expected}`, fits: (value) => a.fits(value) || b.fits(value) };
}

/**
 * Throws a RangeError for an unknown option, with the nearest known name, for a value of another kind, and for a
 * required option that is not given, or undefined.
 *
 * ```ts
 * import { checkOptions, number } from "./options.ts";
 * checkOptions("fill masks", { candidates: 3 }, { candidates: number });
 * ```
 */
export function checkOptions<O extends object>(action: string, options: O, kinds: OptionKinds<O>): void {
  if (!record.fits(options)) throw new RangeError(`Cannot ${action}: options are ${show(options)}, expected an object`);
  const known = kinds as Readonly<Record<string, OptionKind>>;
  const wrong = (name: string, value: unknown) =>
    new RangeError(`Cannot ${action}: ${name} is ${show(value)}, expected ${known[name].expected}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known);
      const near = nearest(name, names);
      throw new RangeError(`Cannot ${action}: there is no option ${show(name)}, the nearest one is ${near}`);
    }
    if (value !== undefined && !known[name].fits(value)) throw wrong(name, value);
  }
  for (const [name, kind] of Object.entries(known)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (kind.required && value === undefined) throw wrong(name, value);
  }
}

/** Throws a RangeError unless a value is a list, and no list of numbers in one piece. */
export function requireList(action: string, what: string, value: unknown): void {
  if (Array.isArray(value)) return;
  throw new RangeError(`Cannot ${action}: ${what} are ${show(value)}, expected a list of them`);
}

/** Throws a RangeError unless sequences are a list of lists. */
export function checkSequences(action: string, sequences: unknown): void {
  requireList(action, "sequences", sequences);
  (sequences as unknown[]).forEach((sequence, b) => {
    if (isList(sequence)) return;
    throw new RangeError(`Cannot ${action}: sequence ${b} is ${show(sequence)}, expected a list of ids`);
  });
}
