import type { Call, Dispatch } from "../../host/kernel.ts";
import { grid } from "../../host/grid.ts";
import { perWord } from "../../wgsl/launch.ts";
import { unroll } from "../../wgsl/text.ts";
import type { Heads } from "../../../src/ops/rope.ts";

/** A call of attention. */
export type AttentionCall = Call<"q" | "kv" | "ranges" | "offsets?", "y", Heads>;

/** Below every score, and far enough from the end of float32 that differences do not overflow. */
export const NOTHING = "-1e38";

/**
 * One invocation a row and head, an online softmax key by key: the plainest form, for any head width. Loops over the width
 * are unrolled: lavapipe ends the loops of an invocation after 65,535 rounds, all of them together.
 */
export function plain({ inputs: { q, offsets }, params: { H, G, K } }: AttentionCall): Dispatch {
  const M = q.shape[0];
  return perWord({
    label: "attention.plain",
    ...{ rows: M, offsets, each: H },
    constants: { G, K },
    floats: { SCALE: 1 / Math.sqrt(Math.max(K, 1)) },
    workgroups: grid(K > 0 ? Math.ceil(M * H / 64) : 0),
    statements: /* wgsl */ `
  let head = w * G / EACH;
  var sums: array<f32, ${K}>;
  var most = f32(${NOTHING});
  var sum = 0.0;
  for (var n = u32(ranges[2 * m]); n < u32(ranges[2 * m + 1]); n++) {
    let k = (n * 2 * G + head) * K;
    let v = k + G * K;
    var score = 0.0;
    ${unroll(K, (i) => `score += q[at * K + ${i}] * kv[k + ${i}];`)}
    score *= SCALE;
    let higher = max(most, score);
    let kept = exp(most - higher);
    let weight = exp(score - higher);
    most = higher;
    sum = sum * kept + weight;
    ${unroll(K, (i) => `sums[${i}] = sums[${i}] * kept + weight * kv[v + ${i}];`)}
  }
  for (var i = 0u; i < K; i++) { y[at * K + i] = select(sums[i] / sum, 0.0, sum == 0.0); }`,
  });
}
