import type { Heads } from "../src/ops/rope.ts";
import { ropeGradOp } from "../src/ops/rope_grad.ts";
import { defineReference, liveRows, type RefTensor } from "./reference.ts";

/** Source of the gradient of head `head` of row m; undefined for a zero gradient. */
export function source(
  dq: RefTensor | undefined,
  dkv: RefTensor | undefined,
  m: number,
  head: number,
  { H, G, K }: Heads,
) {
  const from = head < H
    ? { data: dq?.data, at: (m * H + head) * K }
    : { data: dkv?.data, at: (m * 2 * G + head - H) * K };
  return from.data?.subarray(from.at, from.at + K);
}

/**
 * dx[m] = heads [Q… | K… | V…] from dq[m] = Q heads and dkv[m] = K heads, then V heads, of which V are copied.
 *
 * Within a head of Q or K, for i < K/2 and t = positions[m], with a = head[i], b = head[i + K/2], cos = table[t, i],
 * sin = table[t, i + K/2]: back[i] = a·cos + b·sin, back[i + K/2] = b·cos − a·sin.
 */
export const ropeGrad = defineReference(ropeGradOp, ({ dq, dkv, positions, table, offsets }, { dx }, heads) => {
  const { H, G, K } = heads;
  const M = positions.shape[0];
  const half = K / 2;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let head = 0; head < H + 2 * G; head++) {
      const upstream = source(dq, dkv, m, head, heads);
      const to = (m * (H + 2 * G) + head) * K;
      for (let i = 0; i < half; i++) {
        const a = upstream ? upstream[i] : 0;
        const b = upstream ? upstream[half + i] : 0;
        const rotated = head < H + G; // values are not
        const cos = rotated ? table.data[positions.data[m] * K + i] : 1;
        const sin = rotated ? table.data[positions.data[m] * K + half + i] : 0;
        dx.data[to + i] = a * cos + b * sin;
        dx.data[to + half + i] = b * cos - a * sin;
      }
    }
  }
});
