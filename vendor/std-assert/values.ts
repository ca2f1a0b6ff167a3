/** Assertions about one value or two. */
import { equal, failWith, show } from "./equal.ts";

/** `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) failWith(msg || "Expected a truthy value");
}

/** `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): void {
  if (expr) failWith(msg || "Expected a falsy value");
}

/** Always fails. */
export function fail(msg?: string): never {
  failWith("Failed assertion", msg);
}

/** Marks a place that is never reached. */
export function unreachable(msg?: string): never {
  failWith("Unreachable", msg);
}

/** `actual` and `expected` have the same structure. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  failWith(`Values are not equal.\n  actual:   ${show(actual)}\n  expected: ${show(expected)}\n`, msg);
}

/** `actual` and `expected` differ in structure. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) failWith(`Expected actual ${show(actual)} not to equal expected`, msg);
}

/** `Object.is(actual, expected)`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const reason = equal(actual, expected) ? "the same structure, but not the same reference" : "not strictly equal";
  failWith(`Values are ${reason}.\n  actual:   ${show(actual)}\n  expected: ${show(expected)}\n`, msg);
}

/** Not `Object.is(actual, expected)`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  if (Object.is(actual, expected)) failWith(`Expected actual not to be strictly equal to ${show(expected)}`, msg);
}

/** `|actual - expected| <= tolerance`, by default a ten-millionth of |expected|. */
export function assertAlmostEquals(actual: number, expected: number, tolerance?: number, msg?: string): void {
  if (Object.is(actual, expected)) return;
  const bound = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const difference = Math.abs(expected - actual);
  if (difference <= bound) return;
  failWith(`Expected actual ${actual} to be close to ${expected}: difference ${difference} exceeds ${bound}`, msg);
}

/** `actual` is neither null nor undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) failWith(`Expected actual ${actual} not to be null or undefined`, msg);
}

/** `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) failWith(`Expect ${show(actual)} > ${show(expected)}`, msg);
}

/** `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) failWith(`Expect ${show(actual)} >= ${show(expected)}`, msg);
}

/** `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) failWith(`Expect ${show(actual)} < ${show(expected)}`, msg);
}

/** `actual <= expected`. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) failWith(`Expect ${show(actual)} <= ${show(expected)}`, msg);
}

/** `actual instanceof expectedType`. */
// deno-lint-ignore no-explicit-any
export function assertInstanceOf<T extends abstract new (...args: any[]) => any>(
  actual: unknown,
  expectedType: T,
  msg = "",
): asserts actual is InstanceType<T> {
  if (!(actual instanceof expectedType)) failWith(`Expected ${show(actual)} to be a ${expectedType.name}`, msg);
}
