/**
 * The accuracy of operations that compute no new float: whole numbers below 2²⁴, and copies.
 *
 * @module
 */
import type { RefTensor } from "../reference.ts";
import { TINY } from "./bound.ts";

/** The same error for every element of every float output. */
const constant = (error: number) => (_inputs: unknown, outputs: Readonly<Record<string, RefTensor>>) =>
  Object.fromEntries(
    Object.entries(outputs).filter(([, { dtype }]) => dtype === "f32")
      .map(([name, { data }]) => [name, new Float64Array(data.length).fill(error)]),
  );

/** No error. */
export const exact = constant(0);

/** A kernel may flush a subnormal element to zero. */
export const flushed = constant(TINY);
