import { ropeOp, ropeWriteOp } from "../src/ops/rope.ts";
import { sumBound, TINY } from "./bound.ts";
import { cacheWrite } from "./cache.ts";
import { defineReference, like, liveRows } from "./reference.ts";

/**
 * x[m] = heads [Q… | K… | V…] → q[m] = rotated Q heads, kv[m] = rotated K heads, then V heads as they are.
 *
 * Within a head, for i < K/2 and t = positions[m], with a = head[i], b = head[i + K/2], cos = table[t, i],
 * sin = table[t, i + K/2]: rotated[i] = a·cos − b·sin, rotated[i + K/2] = b·cos + a·sin.
 */
export const rope = defineReference(ropeOp, {
  run({ x, positions, table, offsets }, { q, kv }, { H, G, K }) {
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
  },

  /** A rotated element is a sum of two products; a value is copied, where only a subnormal may be flushed. */
  bound({ x, positions, table, offsets }, { q, kv }, { H, G, K }) {
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
  },
});

/** q, kv = rope(x); cache[places[m]] = kv[m] where places[m] ≥ 0. */
export const ropeWrite = defineReference(ropeWriteOp, {
  run({ x, positions, table, places, cache: before, offsets }, { q, cache }, heads) {
    const kv = like(cache, [x.shape[0], cache.shape[1]]);
    rope.run({ x, positions, table, offsets }, { q, kv }, heads);
    cacheWrite.run({ x: kv, places, cache: before, offsets }, { cache }, {});
  },

  /** Those of rope, where its rows went. */
  bound({ x, positions, table, places, offsets }, { q, cache }, heads) {
    const kv = like(cache, [x.shape[0], cache.shape[1]]);
    const rotated = rope.bound({ x, positions, table, offsets }, { q, kv }, heads);
    const bound = { ...cache, data: new Float64Array(cache.data.length) };
    const written = { x: { ...kv, data: rotated.kv! }, places, cache, offsets };
    cacheWrite.run(written, { cache: bound }, {});
    return { q: rotated.q, cache: bound.data };
  },
});
