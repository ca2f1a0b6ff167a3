/**
 * Walks over keys, for tiles of query rows of one head: the statistics of the rows, and the gradient of the queries.
 *
 * @module
 */
import type { Heads } from "../../../src/ops/rope.ts";
import type { Tensor } from "../../../src/op/op.ts";
import { NOTHING } from "../attention/plain.ts";
import { FAR, nextKeys, onlineWeights, type Tile } from "../attention/tile.ts";
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../linear/operands.ts";
import { accumulate, memory, products, type Shape, stage, staged, steps, weigh } from "./tile.ts";

/** What both calls have. */
export interface QueryCall {
  /** Shapes of the inputs. */
  readonly inputs: { readonly q: Tensor; readonly offsets?: Tensor };
  /** Heads. */
  readonly params: Heads;
}

/** stats = (lse, δ) by an online softmax over steps of keys, as attention itself does it, without the values. */
export function stats(call: QueryCall, tile: Tile): Dispatch {
  const shape = shapeOf(call.params, tile, [keyUnit]);
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
  const shape = shapeOf(call.params, tile, [keyUnit, valueUnit]);
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

const keyUnit = (at: string) => `kv[${at}]`;
const valueUnit = (at: string) => `kv[${at} + values]`;

function shapeOf({ K }: Heads, tile: Tile, walked: Shape["walked"]): Shape {
  const wide = K % 4 === 0;
  const units = wide ? K / 4 : K;
  return {
    ...tile,
    units,
    element: wide ? "vec4<f32>" : "f32",
    place: (row) => `${row} * stride + keyHead`,
    walked,
  };
}

/** The text around a step: gaps between the ranges of a tile are jumped over, never read, as in attention's tile. */
function overKeys(
  label: string,
  { inputs: { q, offsets }, params: { H, G, K } }: QueryCall,
  shape: Shape,
  { own, step, write }: { own: (r: number) => string; step: string; write: (r: number) => string },
): Dispatch {
  const M = q.shape[0];
  const { lanes, rows, keys, feed, units, element } = shape;
  return {
    label: `${label} ${lanes * rows}×${keys} ${feed}`,
    elements: { q: element, kv: element, dy: element, y: element, dq: element },
    floats: { SCALE: 1 / Math.sqrt(Math.max(K, 1)) },
    sizes: { ...rowSizes(M, offsets), H, G },
    enable: feed === "subgroup" ? ["subgroups"] : [],
    workgroups: grid(Math.ceil(M / (lanes * rows)) * H),
    lanes,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${memory(shape)}
fn run(at: u32, lane: u32) {
  let first = at / sizes.H * ${lanes * rows};
  let live = liveRows();
  if (first >= live) { return; }
  let last = min(first + ${lanes * rows}, live);
  let head = at % sizes.H;
  let stride = 2 * sizes.G * ${units};
  let values = sizes.G * ${units};
  let keyHead = head * sizes.G / sizes.H * ${units};
${unroll(rows, (r) => `${ownRow(r, shape)}\n  ${own(r)}`)}
  var n = 0;
  loop {
${nextKeys}
    if (next == ${FAR}) { break; }
    for (n = next; n < past; n += ${staged(shape)}) {
${stage(shape)}
${steps(shape, step)}
    }
    n = past;
  }
${unroll(rows, (r) => `if (first + ${r * lanes} + lane < live) {\n    ${write(r)}\n  }`)}
}`,
  };
}

/** Row r of a lane: its range and its query times the scale; past the last row it is the last again. */
function ownRow(r: number, { lanes, units }: Shape): string {
  return `let m${r} = min(first + ${r * lanes} + lane, live - 1);
  let at${r} = (m${r} * sizes.H + head) * ${units};
  let start${r} = ranges[2 * m${r}];
  let end${r} = ranges[2 * m${r} + 1];
  ${unroll(units, (u) => `let a${r}_${u} = q[at${r} + ${u}] * SCALE;`)}`;
}
