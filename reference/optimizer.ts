import { adamWOp, averageOp, balanceBiasOp, countChoicesOp, storeOp, sumSquaresOp } from "../src/ops/optimizer.ts";
import { DIVISION_ERROR, SQRT_ERROR, sumBound, TINY, UNIT } from "./bound.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** s = min(1, clip/√squares), 1 without clipping: what scales a gradient to the global norm `clip`. */
function clipScale(squares: number, clip: number): number {
  const norm = Math.sqrt(squares);
  return clip > 0 && norm > clip ? clip / norm : 1;
}

/**
 * s = min(1, clip/√squares);  m ← β₁m + (1−β₁)s·g;  v ← β₂v + (1−β₂)(s·g)²;
 * p ← p − lr·(m/c₁ / (√(v/c₂) + ε) + decay·p). Where `squares` is not finite nothing changes.
 * p, m, v, g of one shape, squares [1], rates [3] = (lr, c₁, c₂).
 */
export const adamW = defineReference(adamWOp, {
  run({ g, squares, rates }, { p, m, v }, { beta1, beta2, eps, decay, clip }) {
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

  /** Errors go on from s·g to the moments, and from these to p; see the steps. */
  bound({ p: before, m: m0, v: v0, g, squares, rates }, { m, v }, { beta1, beta2, eps, decay, clip }) {
    const zeros = () => new Float64Array(g.data.length);
    const bound = { p: zeros(), m: zeros(), v: zeros() };
    if (!Number.isFinite(squares.data[0])) return bound;
    const [lr, c1, c2] = rates.data;
    const s = clipScale(squares.data[0], clip);
    // clip is rounded, √ and a division follow; near the threshold s may be 1 or just below
    const clips = clip > 0 && Math.sqrt(squares.data[0]) > clip * (1 - 2 ** -20);
    const scaled = clips ? UNIT + SQRT_ERROR + DIVISION_ERROR : 0;
    for (let i = 0; i < before.data.length; i++) {
      const sg = Math.abs(s * g.data[i]);
      const product = Math.expm1(scaled + UNIT); // relative error of s·g
      const [kept1, added1] = [Math.abs(beta1 * m0.data[i]), (1 - beta1) * sg];
      const [kept2, added2] = [Math.abs(beta2 * v0.data[i]), (1 - beta2) * sg * sg];
      bound.m[i] = sumBound(2, kept1 + added1) + product * added1 + 2 * TINY;
      bound.v[i] = sumBound(3, kept2 + added2) + 2.01 * product * added2 + 2 * TINY; // (s·g)² has two factors
      const first = quotient(Math.abs(m.data[i]), bound.m[i], c1, 0);
      const second = quotient(v.data[i], bound.v[i], c2, 0);
      const root = Math.sqrt(second.value);
      const slope = root - Math.sqrt(Math.max(0, second.value - second.error)); // √ is concave: steepest to the left
      const rooted = slope + SQRT_ERROR * Math.sqrt(second.value + second.error);
      const below = sumBound(1, root + rooted + eps) + rooted; // ε is rounded, then the sum
      const step = quotient(first.value, first.error, root + eps, below);
      const moved = lr * (step.value + step.error + decay * Math.abs(before.data[i]));
      bound.p[i] = lr * step.error + sumBound(4, Math.abs(before.data[i]) + moved); // decay, its product, +, ·lr, −
    }
    return bound;
  },
});

/** a/b and its error in float32, where a and b arrive with errors. */
function quotient(a: number, aError: number, b: number, bError: number): { value: number; error: number } {
  const value = a / b;
  const inherited = (aError + value * bError) / Math.max(0, b - bError);
  return { value, error: inherited + DIVISION_ERROR * (value + inherited) + TINY };
}

/** y = carry + Σ_i x[i]². x of any shape, carry [1] → y [1]. */
export const sumSquares = defineReference(sumSquaresOp, {
  run({ x, carry }, { y }) {
    let sum = carry ? carry.data[0] : 0;
    for (const value of x.data) sum += value * value;
    y.data[0] = sum;
  },

  /**
   * Every square is rounded and goes through the additions of one of 128 partial sums; at most 24 more join these, the
   * squares that are left over, and `carry`. Each square may be flushed to zero.
   */
  bound({ x, carry }, { y }) {
    const absolutes = carry ? y.data[0] - carry.data[0] + Math.abs(carry.data[0]) : y.data[0];
    const additions = Math.min(x.data.length + 1, Math.ceil(x.data.length / 128) + 24);
    return { y: Float64Array.of(sumBound(additions, absolutes) + x.data.length * TINY) };
  },
});

/** average[i] ← decay·average[i] + (1 − decay)·p[i]. Both of one shape; where `squares` is not finite nothing changes. */
export const average = defineReference(averageOp, {
  run({ p, squares }, { average }, { decay }) {
    if (!Number.isFinite(squares.data[0])) return;
    for (let i = 0; i < p.data.length; i++) average.data[i] = decay * average.data[i] + (1 - decay) * p.data[i];
  },

  /** A sum of two products with rounded factors: the factor, the product and the sum are three of its four units. */
  bound({ average, p, squares }, _outputs, { decay }) {
    if (!Number.isFinite(squares.data[0])) return { average: new Float64Array(p.data.length) };
    return {
      average: Float64Array.from(
        p.data,
        (value, i) => sumBound(2, Math.abs(decay * average.data[i]) + Math.abs((1 - decay) * value)) + TINY,
      ),
    };
  },
});

/** list[at, w] ← x[w], if 0 ≤ at < n. list [n, W], x of W elements, at [1]. */
export const store = defineReference(storeOp, {
  run({ x, at }, { list }) {
    const [n, W] = list.shape;
    const row = at.data[0];
    if (row < 0 || row >= n) return;
    for (let w = 0; w < W; w++) list.data[row * W + w] = x.data[w];
  },

  /** Elements are copied; only a subnormal may be flushed. */
  bound: (_, { list }) => ({ list: new Float64Array(list.data.length).fill(TINY) }),
});

/** counts[e] = slots of live rows that chose e. experts [M, k] → [E]. */
export const countChoices = defineReference(countChoicesOp, {
  run({ experts, offsets }, { counts }) {
    const [M, k] = experts.shape;
    const slots = liveRows(offsets, M) * k;
    for (let slot = 0; slot < slots; slot++) counts.data[experts.data[slot]]++;
  },

  /** Whole numbers below 2²⁴ are exact. */
  bound: (_, { counts }) => ({ counts: new Float64Array(counts.data.length) }),
});

/** sign(mean count − count_e) of every alternative; 0 where `squares` is not finite. counts [E] → [E]. */
function lacks(counts: RefTensor, squares: RefTensor): number[] {
  const slots = Array.from(counts.data).reduce((sum, count) => sum + count, 0);
  const finite = Number.isFinite(squares.data[0]);
  return Array.from(counts.data, (count) => finite ? Math.sign(slots - count * counts.data.length) : 0);
}

/** bias[e] ← bias[e] + rate·sign(mean count − count_e). bias [E], counts [E], squares [1]. */
export const balanceBias = defineReference(balanceBiasOp, {
  run({ counts, squares }, { bias }, { rate }) {
    lacks(counts, squares).forEach((sign, e) => bias.data[e] += rate * sign);
  },

  /** The rate's rounding and that of the sum; signs are exact. */
  bound({ bias, counts, squares }, _outputs, { rate }) {
    const signs = lacks(counts, squares);
    return {
      bias: Float64Array.from(signs, (sign, e) => sign ? sumBound(1, Math.abs(bias.data[e]) + Math.abs(rate)) : 0),
    };
  },
});
