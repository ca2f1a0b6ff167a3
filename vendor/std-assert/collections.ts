/** Assertions about strings, arrays and parts of objects. */
import { equal, failWith, show } from "./equal.ts";

/** `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) failWith(`Expected actual: ${show(actual)} to contain: ${show(expected)}`, msg);
}

/** `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!new RegExp(expected).test(actual)) failWith(`Expected actual: ${show(actual)} to match: ${expected}`, msg);
}

/** `actual` does not match `expected`. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  if (new RegExp(expected).test(actual)) failWith(`Expected actual: ${show(actual)} to not match: ${expected}`, msg);
}

/** Every member of `expected` is somewhere in `actual`. */
export function assertArrayIncludes<T>(actual: ArrayLike<T>, expected: ArrayLike<T>, msg?: string): void {
  const missing = Array.from(expected).filter((x) => !Array.from(actual).some((y) => equal(x, y)));
  if (missing.length) failWith(`Expected actual: ${show(actual)} to include; missing: ${show(missing)}`, msg);
}

/** Every property of `expected` is in `actual`, recursively. */
export function assertObjectMatch(
  // deno-lint-ignore no-explicit-any
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  if (matches(actual, expected)) return;
  failWith(`Expected actual ${show(actual)} to match ${show(expected)}`, msg);
}

function matches(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== "object" || expected === null) return equal(actual, expected);
  if (typeof actual !== "object" || actual === null) return false;
  const prototype = Object.getPrototypeOf(expected);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(expected)) return equal(actual, expected);
  return Object.keys(expected).every((key) =>
    matches((actual as Record<string, unknown>)[key], (expected as Record<string, unknown>)[key])
  );
}
