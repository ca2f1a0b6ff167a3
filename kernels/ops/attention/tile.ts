/**
 * Attention of many rows: a tile of rows of one head a work group, queries and sums in registers.
 *
 * All rows of a tile walk over the same keys, so that each key is loaded once for the tile: by one lane, which broadcasts it,
 * through work group memory, or by every lane.
 *
 * @module
 */
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import { isLive, keyShape, keyUnit, onlineWeights, overKeys, valueUnit } from "./over_keys.ts";
import { type AttentionCall, NOTHING } from "./plain.ts";
import { accumulate, products, type Shape, type Tile } from "./walk.ts";

/**
 * An online softmax over steps of keys. The weight of a key that a row does not see is 0, but 0·NaN is NaN: a row has empty
 * sums before the first walk over keys of its range, and is written after the last one, so that it holds no other
 * sequence's values.
 */
export function tile(call: AttentionCall, tile: Tile): Dispatch {
  const shape = keyShape(call.params, tile, [keyUnit, valueUnit]);
  const { rows, keys, units, element } = shape;
  return overKeys("attention.tile", call, shape, {
    own: (r) =>
      `var most${r} = f32(${NOTHING});
  var sum${r} = 0.0;
  ${unroll(units, (u) => `var y${r}_${u} = ${element}();`)}
  ${writeRow(r, shape, `start${r} >= end${r}`)}`,
    begin: (r) => `if (start${r} >= next) { ${unroll(units, (u) => `y${r}_${u} = ${element}();`, " ")} }`,
    step: `${products(0, shape)}
${unroll(rows, (r) => onlineWeights(r, keys))}
${accumulate("w", 1, "y", shape, "kept")}`,
    end: (r) => writeRow(r, shape, `end${r} > next && end${r} <= past`),
  });
}

/** Divides row r by the sum of its weights and writes it, if it is live and a condition holds. */
function writeRow(r: number, shape: Shape, condition: string): string {
  return `if (${isLive(r, shape)} && ${condition}) {
    let share = select(0.0, 1.0 / sum${r}, sum${r} > 0.0);
    ${unroll(shape.units, (u) => `y[at${r} + ${u}] = y${r}_${u} * share;`)}
  }`;
}
