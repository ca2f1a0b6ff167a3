/**
 * Words that name one of several ways.
 *
 * @module
 */

/**
 * Throws a RangeError with the allowed words unless a value is one of them.
 *
 * ```ts
 * import { requireChoice } from "./choices.ts";
 * requireChoice("encode", "pooling", "mean", ["mean", "max"]);
 * ```
 */
export function requireChoice<const C>(
  action: string,
  name: string,
  value: unknown,
  choices: readonly C[],
): asserts value is C {
  if (choices.includes(value as C)) return;
  throw new RangeError(
    `Cannot ${action}: ${name} is ${JSON.stringify(value)}, expected one of ${choices.join(", ")}`,
  );
}
