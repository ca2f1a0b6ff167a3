/**
 * Reads and checks a JSON object field by field; errors about unknown keys name the nearest known one.
 *
 * @module
 */

import { fitsFloat32, FLOAT32_SIZES } from "../../common/float32.ts";
import { cut, nearest, show } from "../../common/words.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** Maximum number of layers, which bounds the schema of a hostile configuration. */
export const MOST_LAYERS = 10_000;

/** Limits of a number. */
interface NumberLimits {
  /** Smallest value allowed. */
  least?: number;
  /** Largest value allowed. */
  most?: number;
  /** Whether fractions are allowed. */
  fraction?: boolean;
}

/** Limits with their defaults; those computed from a number with a fault limit nothing. */
function limitsOf({ least = 0, most = Infinity, fraction = false }: NumberLimits): Required<NumberLimits> {
  return { least: Number.isNaN(least) ? -Infinity : least, most: Number.isNaN(most) ? Infinity : most, fraction };
}

const range = (least: number, most: number) => most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;

/** Error about a field; `field` is its path. */
export class FieldError extends RangeError {
  /** Makes an error with a message `Cannot <action>: <reason>`. */
  constructor(message: string, readonly field?: string) {
    super(message);
  }

  /** The message without the action. */
  get reason(): string {
    return this.message.slice(this.message.indexOf(": ") + 2);
  }
}

/**
 * The fields of one JSON object; every method names the field and the offending value when it throws a FieldError.
 *
 * With a list of `faults`, methods add their errors to it instead. A wrong number is then its fallback or NaN, and
 * conditions on several fields are not checked any more.
 */
export class Fields {
  readonly #known = new Set<string>();

  /** Wraps an object; `path` is its name and `action` the action of error messages. */
  constructor(
    readonly json: Json,
    readonly path: string,
    readonly action = "read the configuration",
    readonly faults?: FieldError[],
  ) {
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return;
    throw new FieldError(`Cannot ${action}: ${path} is not an object`, path);
  }

  /** Throws an error about a field, or adds it to the faults; `path` is the field's own unless given. */
  fail(reason: string, key?: string, path?: string): void {
    const field = path ?? (key === undefined ? undefined : `${this.path}.${key}`);
    const error = new FieldError(`Cannot ${this.action}: ${reason}`, field);
    if (!this.faults) throw error;
    this.faults.push(error);
  }

  #get(key: string): unknown {
    this.#known.add(key);
    return this.json[key] ?? undefined;
  }

  /** Whether a field is present and not null. */
  has(key: string): boolean {
    return this.#get(key) !== undefined;
  }

  /** A number, whole unless `fraction`; required unless a fallback is given. */
  number(key: string, fallback?: number, limits: NumberLimits = {}): number {
    const { least, most, fraction } = limitsOf(limits);
    const value = this.#get(key) ?? fallback;
    if (!this.has(key) && Number.isNaN(fallback)) return NaN; // computed from a number with a fault
    const fits = typeof value === "number" && Number.isFinite(value) && (fraction || Number.isSafeInteger(value));
    const is = `${this.path}.${key} is`;
    if (value === undefined) this.fail(`${is} missing`, key);
    else if (!fits || value < least || value > most) {
      this.fail(`${is} ${show(value)}, expected a ${fraction ? "number" : "whole number"} ${range(least, most)}`, key);
    } else if (fraction && !fitsFloat32(value)) this.fail(`${is} ${value}, expected ${FLOAT32_SIZES}`, key);
    else return value;
    return fallback ?? NaN;
  }

  /** A whole number of at least 1. */
  count(key: string, fallback?: number, most = 2 ** 31 - 1): number {
    return this.number(key, fallback, { least: 1, most });
  }

  /** One of a few words. */
  choice<const C extends string>(key: string, choices: readonly C[], fallback: C): C {
    const value = this.#get(key) ?? fallback;
    if (!choices.includes(value as C)) {
      this.fail(`${this.path}.${key} is ${show(value)}, expected one of ${choices.join(", ")}`, key);
      return fallback;
    }
    return value as C;
  }

  /** A text that is not empty, or undefined. */
  text(key: string): string | undefined {
    const value = this.#get(key);
    if (value !== undefined && (typeof value !== "string" || value === "")) {
      this.fail(`${this.path}.${key} is ${show(value)}, expected a text`, key);
      return undefined;
    }
    return value as string | undefined;
  }

  /** True or false. */
  flag(key: string, fallback: boolean): boolean {
    const value = this.#get(key) ?? fallback;
    if (typeof value !== "boolean") {
      this.fail(`${this.path}.${key} is ${show(value)}, expected true or false`, key);
      return fallback;
    }
    return value;
  }

  /** A list of numbers, or undefined. */
  numbers(key: string, limits: NumberLimits = {}): number[] | undefined {
    const { least, most, fraction } = limitsOf(limits);
    const value = this.#get(key);
    if (value === undefined) return undefined;
    const fits = (item: unknown) =>
      typeof item === "number" && item >= least && item <= most && (fraction || Number.isSafeInteger(item));
    if (!Array.isArray(value) || !value.every(fits)) {
      this.fail(
        `${this.path}.${key} is ${show(value)}, expected a list of numbers ${range(least, most)}`,
        key,
      );
      return undefined;
    }
    const unfit = value.find((item) => !fitsFloat32(item));
    if (unfit !== undefined) this.fail(`${this.path}.${key} has ${unfit}, expected ${FLOAT32_SIZES}`, key);
    return value;
  }

  /** A nested object, or undefined. */
  object(key: string): Fields | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    const path = `${this.path}.${key}`;
    if (!this.faults || typeof value === "object") return new Fields(value as Json, path, this.action, this.faults);
    this.fail(`${path} is ${show(value)}, expected an object`, key);
  }

  /** Throws for an unsupported value; absent, null and `allowed` values pass. */
  only(key: string, ...allowed: readonly unknown[]): void {
    const value = this.#get(key);
    if (value === undefined || allowed.includes(value)) return;
    this.fail(
      `${this.path}.${key} is ${show(value)}, only ${allowed.map(String).join(", ") || "null"} is supported`,
      key,
    );
  }

  /** A value of any type, undefined if absent or null; the caller checks it. */
  value(key: string): unknown {
    return this.#get(key);
  }

  /** Throws unless a condition on the fields, or on one of them, holds; not checked where there are faults already. */
  check(condition: boolean, reason: () => string, key?: string): void {
    if (!condition && !this.faults?.length) this.fail(reason(), key);
  }

  /** Throws for keys that no method has read. */
  noOthers(): void {
    for (const key of Object.keys(this.json)) {
      if (this.#known.has(key)) continue;
      const shown = cut(key);
      this.fail(`${this.path}.${shown} is unknown, the nearest known key is ${nearest(key, this.#known)}`, shown);
    }
  }
}
