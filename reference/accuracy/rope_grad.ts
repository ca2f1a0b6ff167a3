import { ropeGradOp } from "../../src/ops/rope_grad.ts";
import { liveRows } from "../reference.ts";
import { source } from "../rope_grad.ts";
import { sumBound, TINY } from "./bound.ts";
import { defineBound } from "./define.ts";

/** An element rotated back is a sum of two products; a value is copied, where only a subnormal may be flushed. */
export const ropeGrad = defineBound(ropeGradOp, ({ dq, dkv, positions, table, offsets }, { dx }, heads) => {
  const { H, G, K } = heads;
  const M = positions.shape[0];
  const half = K / 2;
  const bound = new Float64Array(dx.data.length);
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let head = 0; head < H + 2 * G; head++) {
      const upstream = source(dq, dkv, m, head, heads);
      const to = (m * (H + 2 * G) + head) * K;
      for (let i = 0; i < half; i++) {
        const a = upstream ? Math.abs(upstream[i]) : 0;
        const b = upstream ? Math.abs(upstream[half + i]) : 0;
        const cos = Math.abs(table.data[positions.data[m] * K + i]);
        const sin = Math.abs(table.data[positions.data[m] * K + half + i]);
        const rotated = head < H + G;
        bound[to + i] = rotated ? sumBound(2, a * cos + b * sin) : TINY;
        bound[to + half + i] = rotated ? sumBound(2, b * cos + a * sin) : TINY;
      }
    }
  }
  return { dx: bound };
});
