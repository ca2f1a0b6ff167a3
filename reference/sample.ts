import { uniformAt } from "../src/common/random.ts";
import { countOp, DRAW_SALT, NO_TOKEN, sampleOp } from "../src/ops/sample.ts";
import { exponentials } from "./losses.ts";
import { defineReference, liveRows } from "./reference.ts";

/** What a row of logits becomes before a token is drawn from it. */
export interface Filtered {
  /** Logits after the penalty. */
  readonly z: readonly number[];
  /** Ids that the filters leave, ascending. */
  readonly kept: readonly number[];
  /** e^((z_v − max z)/τ) of every id; at τ = 0, 1 for the greatest and 0 for the others. */
  readonly weights: readonly number[];
}

/** Penalty, temperature, top-k, min-p, top-p. logits, seen V numbers; options (τ, topK, topP, minP, π). */
export function filtered(logits: Iterable<number>, options: ArrayLike<number>, seen?: ArrayLike<number>): Filtered {
  const [temperature, topK, topP, minP, penalty] = Array.from(options);
  const z = Array.from(logits, (x, v) => seen && seen[v] > 0 ? (x > 0 ? x / penalty : x * penalty) : x);
  const top = z.reduce((a, b) => Math.max(a, b));
  const weights = z.map((value) => temperature > 0 ? Math.exp((value - top) / temperature) : Number(value === top));
  let kept = z.map((_, v) => v).sort((a, b) => z[b] - z[a] || a - b);
  if (temperature === 0) return { z, weights, kept: [kept[0]] };

  /** Ids, likeliest first, up to the first whose likelier ones (of greater z) measure too much. */
  const cut = (measure: (v: number) => number, most: number) => {
    let [above, equal] = [0, 0]; // of greater z; of the same z as the one before
    kept = kept.filter((v, rank) => {
      if (rank > 0 && z[v] < z[kept[rank - 1]]) [above, equal] = [above + equal, 0];
      equal += measure(v);
      return rank === 0 || above < most;
    });
  };
  if (topK > 0) cut(() => 1, topK);
  kept = kept.filter((v) => minP === 0 || z[v] - top >= temperature * Math.log(minP)); // w_v ≥ minP, exact at minP = 1
  if (topP < 1) cut((v) => weights[v], topP * kept.reduce((sum, v) => sum + weights[v], 0));
  return { z, weights, kept: kept.sort((a, b) => a - b) };
}

/** Whether a row of logits has a distribution: neither NaN nor +∞ in it, and something above −∞. */
export const isDistribution = (logits: ArrayLike<number>) =>
  Number.isFinite(Array.from(logits).reduce((a, b) => Math.max(a, b)));

/**
 * ids[b] = the first kept v with Σ_{kept v' ≤ v} w_v' > u·Σ_{kept v'} w_v'; logProbs[b] = log softmax(logits[b])[ids[b]].
 *
 * logits [B, V], options [B, 5], seeds [B], counters [B], seen [B, V] → ids [B], logProbs [B, 1].
 */
export const sample = defineReference(
  sampleOp,
  ({ logits, options, seeds, counters, seen, offsets }, { ids, logProbs }) => {
    const [B, V] = logits.shape;
    for (let b = 0; b < liveRows(offsets, B); b++) {
      const row = [b * V, (b + 1) * V] as const;
      [ids.data[b], logProbs.data[b]] = [NO_TOKEN, 0];
      if (!isDistribution(logits.data.subarray(...row))) continue;
      const { weights, kept } = filtered(
        logits.data.subarray(...row),
        options.data.subarray(5 * b, 5 * b + 5),
        seen?.data.subarray(...row),
      );
      const total = kept.reduce((sum, v) => sum + weights[v], 0);
      const target = uniformAt(seeds.data[b], DRAW_SALT, counters.data[b]) * total;
      let sum = 0;
      const id = kept.find((v) => (sum += weights[v]) > target) ?? kept[kept.length - 1];
      const { top, sum: terms } = exponentials(logits, b);
      ids.data[b] = id;
      logProbs.data[b] = logits.data[b * V + id] - top - Math.log(terms);
    }
  },
);

/** seen[rows[m], ids[m]] += 1 where ids[m] ≥ 0; without a list rows[m] = m. */
export const count = defineReference(countOp, ({ ids, rows, offsets }, { seen }) => {
  const V = seen.shape[1];
  for (let m = 0; m < liveRows(offsets, ids.shape[0]); m++) {
    const b = rows ? rows.data[m] : m;
    if (ids.data[m] >= 0) seen.data[b * V + ids.data[m]] += 1;
  }
});
