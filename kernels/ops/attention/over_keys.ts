/**
 * Walks over keys, for tiles of query rows of one head.
 *
 * @module
 */
import type { Tensor } from "../../../src/op/op.ts";
import type { Heads } from "../../../src/ops/rope.ts";
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import { wordsOf } from "../../wgsl/words.ts";
import { NOTHING } from "./plain.ts";
import { memory, type Shape, stage, staged, steps, type Tile } from "./walk.ts";

/** The part of a call that all operations share. */
export interface QueryCall {
  /** Shapes of the inputs. */
  readonly inputs: { readonly q: Tensor; readonly offsets?: Tensor };
  /** Heads. */
  readonly params: Heads;
}

/** WGSL of a walk, by the owned row r. */
export interface Walk {
  /** Declarations of a row. */
  own(r: number): string;
  /** A step of rows. */
  readonly step: string;
  /** Before and after the walk over each range of keys. */
  begin?(r: number): string;
  end?(r: number): string;
  /** After all ranges, for live rows. */
  write?(r: number): string;
}

/** WGSL: a unit of a key, and of a value. */
export const keyUnit = (at: string): string => `kv[${at}]`;
export const valueUnit = (at: string): string => `kv[${at} + values]`;

/** The shape of a tile that walks over keys. */
export function keyShape({ K }: Heads, tile: Tile, walked: Shape["walked"]): Shape {
  const { W: units, word: element } = wordsOf(K);
  return { ...tile, units, element, place: (row) => `${row} * stride + keyHead`, walked };
}

/**
 * The walk: `next` is the first key that a row of the tile has yet to see, `past` the end of that row's range. Gaps between
 * the ranges of a tile are jumped over, never read. Both are uniform over the work group.
 */
export function overKeys(
  label: string,
  { inputs: { q, offsets }, params: { H, G, K } }: QueryCall,
  shape: Shape,
  { own, step, begin = () => "", end = () => "", write }: Walk,
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
${unroll(rows, begin)}
    for (n = next; n < past; n += ${staged(shape)}) {
${stage(shape)}
${steps(shape, step)}
    }
${unroll(rows, end)}
    n = past;
  }
${write ? unroll(rows, (r) => `if (${isLive(r, shape)}) {\n    ${write(r)}\n  }`) : ""}
}`,
  };
}

/** WGSL: whether row r of a lane is live. */
export const isLive = (r: number, { lanes }: Tile): string => `first + ${r * lanes} + lane < live`;

/** Row r of a lane: its range and its query times the scale; past the last row it repeats the last one. */
function ownRow(r: number, { lanes, units }: Shape): string {
  return `let m${r} = min(first + ${r * lanes} + lane, live - 1);
  let at${r} = (m${r} * sizes.H + head) * ${units};
  let start${r} = ranges[2 * m${r}];
  let end${r} = ranges[2 * m${r} + 1];
  ${unroll(units, (u) => `let a${r}_${u} = q[at${r} + ${u}] * SCALE;`)}`;
}

/** WGSL: above every key. */
const FAR = "0x7fffffff";

/** WGSL: the next key to see, and the end of its range; ranges are read-only, so that both are uniform. */
const nextKeys = /* wgsl */ `
    var next = ${FAR};
    var past = 0;
    for (var m = first; m < last; m++) {
      let start = max(n, ranges[2 * m]);
      let end = ranges[2 * m + 1];
      if (start < end && start <= next) {
        past = select(end, max(past, end), start == next);
        next = start;
      }
    }`;

/** WGSL: scores of row r to weights w, relative to its new maximum; the weight of keys that the row does not see is 0. */
export function onlineWeights(r: number, keys: number): string {
  const seen = (t: number) => `k + ${t} >= start${r} && k + ${t} < min(end${r}, past)`;
  return `${unroll(keys, (t) => `s${r}_${t} = select(${NOTHING}, s${r}_${t}, ${seen(t)});`)}
  let higher${r} = max(most${r}, ${unroll(keys - 1, (t) => `max(s${r}_${t}, `, "")}s${r}_${keys - 1}${")".repeat(keys)};
  let kept${r} = exp(most${r} - higher${r});
  most${r} = higher${r};
  ${unroll(keys, (t) => `let w${r}_${t} = select(0.0, exp(s${r}_${t} - higher${r}), ${seen(t)});`)}
  sum${r} = sum${r} * kept${r} + ${unroll(keys, (t) => `w${r}_${t}`, " + ")};`;
}
