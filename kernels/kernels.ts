/**
 * Every operation's kernel, by name.
 *
 * @module
 */
import type { AnyKernel } from "./kernel.ts";
import { linear } from "./linear/linear.ts";
import { gather, scatterAdd, scatterRows } from "./rows.ts";

/** Kernels by operation name. */
export const kernels: Readonly<Record<string, AnyKernel>> = {
  linear,
  gather,
  scatterRows,
  scatterAdd,
};
