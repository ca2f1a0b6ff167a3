/**
 * Walks over keys: the statistics of the query rows, and the gradient of the queries.
 *
 * @module
 */
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import { keyShape, keyUnit, onlineWeights, overKeys, type QueryCall, valueUnit } from "../attention/over_keys.ts";
import { NOTHING } from "../attention/plain.ts";
import { accumulate, products, type Tile } from "../attention/walk.ts";
import { weigh } from "./weigh.ts";

/** stats = (lse, δ) by an online softmax over steps of keys, as in attention, without the values. */
export function stats(call: QueryCall, tile: Tile): Dispatch {
  const shape = keyShape(call.params, tile, [keyUnit]);
  const { rows, keys, units, element } = shape;
  const product = (u: number) =>
    element === "f32" ? `dy[at + ${u}] * y[at + ${u}]` : `dot(dy[at + ${u}], y[at + ${u}])`;
  return overKeys("attentionStats", call, shape, {
    own: (r) =>
      `var most${r} = f32(${NOTHING});
  var sum${r} = 0.0;`,
    step: `${products(0, shape)}
${unroll(rows, (r) => onlineWeights(r, keys))}`,
    write: (r) =>
      `let lse = select(0.0, most${r} + log(sum${r}), sum${r} > 0.0);
    let at = at${r};
    let delta = select(0.0, ${unroll(units, product, " + ")}, sum${r} > 0.0);
    stats[m${r} * 2 * sizes.H + head] = lse;
    stats[m${r} * 2 * sizes.H + sizes.H + head] = delta;`,
  });
}

/** dq = Σ ds·k / √K, with lse, δ and dy of the tile's rows in registers. */
export function gradQ(call: QueryCall, tile: Tile): Dispatch {
  const shape = keyShape(call.params, tile, [keyUnit, valueUnit]);
  const { rows, units, element } = shape;
  return overKeys("attentionGradQ", call, shape, {
    own: (r) =>
      `let lse${r} = stats[m${r} * 2 * sizes.H + head];
  let delta${r} = stats[m${r} * 2 * sizes.H + sizes.H + head];
  ${unroll(units, (u) => `let b${r}_${u} = dy[at${r} + ${u}]; var sum${r}_${u} = ${element}();`)}`,
    step: `${products(0, shape)}
${products(1, shape)}
${unroll(rows, (r) => weigh(r, shape, () => [`lse${r}`, `delta${r}`]))}
${accumulate("ds", 0, "sum", shape)}`,
    write: (r) => unroll(units, (u) => `dq[at${r} + ${u}] = sum${r}_${u} * SCALE;`),
  });
}
