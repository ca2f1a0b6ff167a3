/**
 * The part of `@std/cli` this project uses, under the same names and with the same meaning. `deno.json` links it in place
 * of the real one.
 * @module
 */
export * from "./parse_args.ts";
