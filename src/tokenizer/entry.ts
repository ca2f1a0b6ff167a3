/**
 * JSON values with their path, so that every error names the file and the key.
 *
 * @module
 */
import { describe, isRecord, quote } from "../checkpoint/messages.ts";
import { nearest } from "../common/words.ts";
import { FieldError } from "../model/config/fields.ts";

/** One value of a JSON file. Every method that reads it throws one FieldError with file, key and value. */
export class Entry {
  /** Wraps a value; `path` is its path in the file, empty for the root. */
  constructor(readonly value: unknown, readonly file: string, readonly path = "") {}

  /** Throws an error about this value. */
  refuse(reason: string): never {
    throw new FieldError(`Cannot read ${this.file}: ${this.path === "" ? "" : `${this.path} `}${reason}`, this.path);
  }

  /** Throws an error about a value of a wrong kind. */
  expected(kind: string): never {
    if (this.value === undefined) this.refuse("is missing");
    this.refuse(`is ${describe(this.value)}, expected ${kind}`);
  }

  /** Whether the value is present and not null. */
  get given(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** The value of a key; this value must be an object. */
  at(key: string): Entry {
    if (!isRecord(this.value)) this.expected("an object");
    const name = /^\w+$/.test(key) ? `.${key}` : `[${quote(key)}]`;
    const value = Object.hasOwn(this.value, key) ? this.value[key] : undefined;
    return new Entry(value, this.file, this.path === "" ? name.replace(/^\./, "") : this.path + name);
  }

  /** Keys of an object. */
  keys(): string[] {
    return isRecord(this.value) ? Object.keys(this.value) : this.expected("an object");
  }

  /** Throws for unknown keys. */
  only(...known: string[]): this {
    const strange = this.keys().find((key) => !known.includes(key));
    if (strange === undefined) return this;
    return this.at(strange).refuse(`is unknown, the nearest known key is ${nearest(strange, known)}`);
  }

  /** Number of values of a list. */
  get length(): number {
    return Array.isArray(this.value) ? this.value.length : this.expected("a list");
  }

  /** One value of a list. */
  item(index: number): Entry {
    return new Entry((this.value as unknown[])[index], this.file, `${this.path}[${index}]`);
  }

  /** The values of a list. */
  items(): Entry[] {
    return Array.from({ length: this.length }, (_, index) => this.item(index));
  }

  /** A text, possibly empty. */
  text(): string {
    return typeof this.value === "string" ? this.value : this.expected("a text");
  }

  /** A single character. */
  character(): string {
    const text = this.text();
    return [...text].length === 1 ? text : this.expected("one character");
  }

  /** True or false; `fallback` if absent or null. */
  flag(fallback: boolean): boolean {
    if (!this.given) return fallback;
    return typeof this.value === "boolean" ? this.value : this.expected("true or false");
  }

  /** A whole number of at least `least`. */
  whole(least = 0, most = MOST_IDS - 1): number {
    const { value } = this;
    const fits = Number.isSafeInteger(value) && value as number >= least && value as number <= most;
    return fits ? value as number : this.expected(`a whole number from ${least} to ${most}`);
  }

  /** A finite number. */
  number(): number {
    return Number.isFinite(this.value) ? this.value as number : this.expected("a finite number");
  }

  /** One of a few words; `fallback` if absent or null. */
  choice<const C extends string>(choices: readonly C[], fallback: C): C {
    if (!this.given) return fallback;
    return choices.includes(this.value as C) ? this.value as C : this.expected(`one of ${choices.join(", ")}`);
  }

  /** The result of a reader, undefined if the value is absent or null. */
  optional<R>(read: (entry: this) => R): R | undefined {
    return this.given ? read(this) : undefined;
  }

  /** Calls the reader of the value's `type`. */
  byType<R>(readers: Readonly<Record<string, (entry: this) => R>>, fallback?: string): R {
    const type = this.at("type");
    if (this.path.split("[").length > MOST_NESTED) {
      this.refuse(`is nested too deep, at most ${MOST_NESTED} are supported`);
    }
    const name = type.given || fallback === undefined ? type.text() : fallback;
    if (Object.hasOwn(readers, name)) return readers[name](this);
    return type.expected(`one of ${Object.keys(readers).join(", ")}`);
  }
}

/** Maximum depth of nested sequences. */
const MOST_NESTED = 16;

/** Upper bound of ids: a pair of them fits one exact number. */
export const MOST_IDS = 2 ** 26;
