/**
 * Every operation's reference, by name.
 *
 * @module
 */
import type { AnyReference } from "./reference.ts";
import { linear } from "./linear.ts";

/** References by operation name. */
export const references: Readonly<Record<string, AnyReference>> = {
  linear,
};
