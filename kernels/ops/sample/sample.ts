/**
 * Choosing the next token.
 *
 * @module
 */
export { pick } from "./pick.ts";
export { sample } from "./draw.ts";
export { advance } from "./advance.ts";
