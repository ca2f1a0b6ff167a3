import { adamWOp, balanceBiasOp, countChoicesOp, emaOp, storeOp, sumSquaresOp } from "../src/ops/optimizer.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** s = min(1, clip/√squares), 1 without clipping: scales a gradient to the global norm `clip`. */
export function clipScale(squares: number, clip: number): number {
  const norm = Math.sqrt(squares);
  return clip > 0 && norm > clip ? clip / norm : 1;
}

/**
 * s = min(1, clip/√squares);  m ← β₁m + (1−β₁)s·g;  v ← β₂v + (1−β₂)(s·g)²;
 * p ← p − lr·(m/c₁ / (√(v/c₂) + ε) + decay·p). Where `squares` is not finite nothing changes.
 * p, m, v, g of one shape, squares [1], rates [3] = (lr, c₁, c₂).
 */
export const adamW = defineReference(
  adamWOp,
  ({ g, squares, rates }, { p, m, v }, { beta1, beta2, eps, decay, clip }) => {
    if (!Number.isFinite(squares.data[0])) return;
    const [lr, c1, c2] = rates.data;
    const s = clipScale(squares.data[0], clip);
    for (let i = 0; i < p.data.length; i++) {
      const sg = s * g.data[i];
      const first = beta1 * m.data[i] + (1 - beta1) * sg;
      const second = beta2 * v.data[i] + (1 - beta2) * sg * sg;
      p.data[i] -= lr * (first / c1 / (Math.sqrt(second / c2) + eps) + decay * p.data[i]);
      m.data[i] = first;
      v.data[i] = second;
    }
  },
);

/** y = carry + Σ_i x[i]². x of any shape, carry [1] → y [1]. */
export const sumSquares = defineReference(sumSquaresOp, ({ x, carry }, { y }) => {
  let sum = carry ? carry.data[0] : 0;
  for (const value of x.data) sum += value * value;
  y.data[0] = sum;
});

/** average[i] ← decay·average[i] + (1 − decay)·p[i]. Both of one shape; where `squares` is not finite nothing changes. */
export const ema = defineReference(emaOp, ({ p, squares }, { average }, { decay }) => {
  if (!Number.isFinite(squares.data[0])) return;
  for (let i = 0; i < p.data.length; i++) average.data[i] = decay * average.data[i] + (1 - decay) * p.data[i];
});

/** list[at, w] ← x[w], if 0 ≤ at < I. list [I, D], x of D elements, at [1]. */
export const store = defineReference(storeOp, ({ x, at }, { list }) => {
  const [n, W] = list.shape;
  const row = at.data[0];
  if (row < 0 || row >= n) return;
  for (let w = 0; w < W; w++) list.data[row * W + w] = x.data[w];
});

/** counts[e] = slots of live rows that chose e. experts [M, k] → [E]. */
export const countChoices = defineReference(countChoicesOp, ({ experts, offsets }, { counts }) => {
  const [M, k] = experts.shape;
  const slots = liveRows(offsets, M) * k;
  for (let slot = 0; slot < slots; slot++) counts.data[experts.data[slot]]++;
});

/** sign(mean count − count_e) of every alternative; 0 where `squares` is not finite. counts [E] → [E]. */
export function lacks(counts: RefTensor, squares: RefTensor): number[] {
  const slots = Array.from(counts.data).reduce((sum, count) => sum + count, 0);
  const finite = Number.isFinite(squares.data[0]);
  return Array.from(counts.data, (count) => finite ? Math.sign(slots - count * counts.data.length) : 0);
}

/** bias[e] ← bias[e] + rate·sign(mean count − count_e). bias [E], counts [E], squares [1]. */
export const balanceBias = defineReference(balanceBiasOp, ({ counts, squares }, { bias }, { rate }) => {
  lacks(counts, squares).forEach((sign, e) => bias.data[e] += rate * sign);
});
