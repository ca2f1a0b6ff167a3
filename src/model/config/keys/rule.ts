/**
 * The treatment of a key of a `config.json`: the type of the tables in this folder.
 *
 * @module
 */

/** Treatment of one key. */
export interface Rule {
  /**
   * - `used`: it determines the model;
   * - `checked`: one of the `allowed` values, or the value of the key `same`, has no effect; any other
   *   value would change results and is refused;
   * - `harmless`: no value changes results.
   */
  readonly treatment: "used" | "checked" | "harmless";
  /** Meaning of the key, or the reason of the treatment. */
  readonly about: string;
  /** Value of an absent key: the default of the class. */
  readonly fallback?: unknown;
  /** Values of a checked key that have no effect; null always has none. */
  readonly allowed?: readonly unknown[];
  /** The key with the same meaning, whose value a checked key must have. */
  readonly same?: string;
}

/** Keys by name. */
export type KeyRules = Readonly<Record<string, Rule>>;

/** The table of a model type. */
export interface KeyTable {
  /** The class whose defaults absent keys take. */
  readonly className: string;
  /** Treatment of every key that is known. */
  readonly keys: KeyRules;
}

/** A key that determines the model. */
export function used(about: string, fallback?: unknown): Rule {
  return { treatment: "used", about, fallback };
}

/** A key with the same meaning as another one. */
export function same(key: string): Rule {
  return { treatment: "checked", about: `another spelling of ${key}, must agree with it`, same: key };
}

/** Keys of which only some values have no effect. */
export function checked(about: string, allowed: readonly unknown[], ...keys: string[]): KeyRules {
  return Object.fromEntries(keys.map((key) => [key, { treatment: "checked", about, allowed }]));
}

/** Keys without effect, for one reason. */
export function harmless(about: string, ...keys: string[]): KeyRules {
  return Object.fromEntries(keys.map((key) => [key, { treatment: "harmless", about }]));
}
