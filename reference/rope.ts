import { ropeOp } from "../src/ops/rope.ts";
import { defineReference, liveRows } from "./reference.ts";

/**
 * x[m] = heads [Q… | K… | V…] → q[m] = rotated Q heads, kv[m] = rotated K heads, then V heads as they are.
 *
 * Within a head, for i < K/2 and t = positions[m], with a = head[i], b = head[i + K/2], cos = table[t, i],
 * sin = table[t, i + K/2]: rotated[i] = a·cos − b·sin, rotated[i + K/2] = b·cos + a·sin.
 */
export const rope = defineReference(ropeOp, ({ x, positions, table, offsets }, { q, kv }, { H, G, K }) => {
  const M = x.shape[0];
  const half = K / 2;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let head = 0; head < H + 2 * G; head++) {
      const from = (m * (H + 2 * G) + head) * K;
      const out = head < H ? q.data : kv.data;
      const to = head < H ? (m * H + head) * K : (m * 2 * G + head - H) * K;
      for (let i = 0; i < half; i++) {
        const a = x.data[from + i];
        const b = x.data[from + half + i];
        const rotated = head < H + G; // values are not
        const cos = rotated ? table.data[positions.data[m] * K + i] : 1;
        const sin = rotated ? table.data[positions.data[m] * K + half + i] : 0;
        out[to + i] = a * cos - b * sin;
        out[to + half + i] = b * cos + a * sin;
      }
    }
  }
});
