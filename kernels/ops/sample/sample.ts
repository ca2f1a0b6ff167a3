/**
 * Choosing the next token.
 *
 * @module
 */
export { sample } from "./draw.ts";
export { count } from "./count.ts";
