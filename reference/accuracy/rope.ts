import { ropeOp, ropeWriteOp } from "../../src/ops/rope.ts";
import { liveRows } from "../reference.ts";
import { sumBound, TINY } from "./bound.ts";
import { defineBound } from "./define.ts";

/** A rotated element is a sum of two products; a value is copied, where only a subnormal may be flushed. */
export const rope = defineBound(ropeOp, ({ x, positions, table, offsets }, { q, kv }, { H, G, K }) => {
  const M = x.shape[0];
  const half = K / 2;
  const bounds = { q: new Float64Array(q.data.length), kv: new Float64Array(kv.data.length) };
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let head = 0; head < H + 2 * G; head++) {
      const from = (m * (H + 2 * G) + head) * K;
      const out = head < H ? bounds.q : bounds.kv;
      const to = head < H ? (m * H + head) * K : (m * 2 * G + head - H) * K;
      for (let i = 0; i < half; i++) {
        const a = Math.abs(x.data[from + i]);
        const b = Math.abs(x.data[from + half + i]);
        const cos = Math.abs(table.data[positions.data[m] * K + i]);
        const sin = Math.abs(table.data[positions.data[m] * K + half + i]);
        const rotated = head < H + G;
        out[to + i] = rotated ? sumBound(2, a * cos + b * sin) : TINY;
        out[to + half + i] = rotated ? sumBound(2, b * cos + a * sin) : TINY;
      }
    }
  }
  return bounds;
});

/** The bound of rope for q, and for the rows of the cache that were written. */
export const ropeWrite = defineBound(ropeWriteOp, ({ x, positions, table, kvSlots, offsets }, { q, cache }, heads) => {
  const [M, W] = [x.shape[0], cache.shape[1]];
  const kv = { ...cache, shape: [M, W], data: new Float64Array(M * W) };
  const rotated = rope({ x, positions, table, offsets }, { q, kv }, heads);
  const written = new Float64Array(cache.data.length);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    if (kvSlots.data[m] >= 0) written.set(rotated.kv!.subarray(m * W, (m + 1) * W), kvSlots.data[m] * W);
  }
  return { q: rotated.q, cache: written };
});
