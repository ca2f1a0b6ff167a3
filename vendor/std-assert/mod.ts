/**
 * The part of `@std/assert` this project uses, under the same names and with the same meaning, so that a machine which
 * cannot reach the package's own registry can still run the tests. `deno.json` links it in place of the real one.
 * @module
 */
export { AssertionError, equal } from "./equal.ts";
export * from "./values.ts";
export * from "./collections.ts";
export * from "./errors.ts";
