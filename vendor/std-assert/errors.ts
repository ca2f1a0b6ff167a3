/** Assertions about what is thrown. */
import { AssertionError, failWith } from "./equal.ts";

// deno-lint-ignore no-explicit-any
type ErrorType<E extends Error> = abstract new (...args: any[]) => E;

/** `error` is an `ErrorClass` whose message includes, or matches, `msgMatches`. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  ErrorClass?: ErrorType<E>,
  msgMatches?: string | RegExp,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) failWith(`Expected "error" to be an Error object, got ${String(error)}`, msg);
  if (ErrorClass && !(error instanceof ErrorClass)) {
    failWith(`Expected error to be instance of "${ErrorClass.name}", but was "${error.constructor.name}"`, msg);
  }
  const text = error.message;
  const held = typeof msgMatches === "string" ? text.includes(msgMatches) : msgMatches?.test(text) ?? true;
  if (!held) failWith(`Expected error message to include ${String(msgMatches)}, but got ${JSON.stringify(text)}`, msg);
}

/** `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** `fn` throws an `ErrorClass` whose message includes `msgIncludes`; returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorType<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(fn: () => unknown, ...rest: unknown[]): unknown {
  let thrown: { error: unknown } | undefined;
  try {
    fn();
  } catch (error) {
    thrown = { error };
  }
  return judge(thrown, "throw", rest);
}

/** The promise of `fn` is rejected; resolves to the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** The promise of `fn` is rejected with an `ErrorClass` whose message includes `msgIncludes`. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorType<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(fn: () => PromiseLike<unknown>, ...rest: unknown[]): Promise<unknown> {
  let promise: unknown, thrown: { error: unknown } | undefined;
  try {
    promise = fn();
  } catch {
    throw new AssertionError("Function throws when expected to reject");
  }
  try {
    await promise;
  } catch (error) {
    thrown = { error };
  }
  return judge(thrown, "reject", rest);
}

function judge(thrown: { error: unknown } | undefined, verb: string, rest: unknown[]): unknown {
  const typed = typeof rest[0] === "function";
  const [ErrorClass, includes, msg] = typed ? rest : [undefined, undefined, rest[0]];
  if (!thrown) failWith(`Expected function to ${verb}`, msg as string | undefined);
  if (typed) {
    assertIsError(thrown.error, ErrorClass as ErrorType<Error>, includes as string | undefined, msg as string);
  }
  return thrown.error;
}
