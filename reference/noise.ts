import { uniformAt } from "../src/common/random.ts";
import { dropoutOp, jitterOp } from "../src/ops/noise.ts";
import { defineReference, type RefTensor } from "./reference.ts";

/** u(seed[0], salt, (seed[1] + rows[m])·D + d) of element i = m·D + d. x [M, …], seed [2], rows [M]. */
export function drawAt(
  { x, seed, rows }: { x: RefTensor; seed: RefTensor; rows?: RefTensor },
  salt: number,
  i: number,
): number {
  const D = x.data.length / x.shape[0];
  const m = Math.floor(i / D);
  const row = seed.data[1] + (rows ? rows.data[m] : m);
  return uniformAt(seed.data[0], salt, row * D + i % D);
}

/** y[i] = x[i]/(1 − rate) where u ≥ rate, else 0. x, y [M, …], seed [2], rows [M]. */
export const dropout = defineReference(dropoutOp, (inputs, { y }, { rate, salt }) => {
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = drawAt(inputs, salt, i) >= rate ? inputs.x.data[i] / (1 - rate) : 0;
  }
});

/** y[i] = x[i]·(1 − rate + 2·rate·u). x, y [M, …], seed [2], rows [M]. */
export const jitter = defineReference(jitterOp, (inputs, { y }, { rate, salt }) => {
  for (let i = 0; i < y.data.length; i++) {
    y.data[i] = inputs.x.data[i] * (1 - rate + 2 * rate * drawAt(inputs, salt, i));
  }
});
