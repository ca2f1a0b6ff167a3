/**
 * Attention of many rows: a tile of rows of one head a work group, queries and sums in registers.
 *
 * All rows of a tile walk over the same keys, so that each key is loaded once for the tile: by one lane, which hands it to
 * the others, through work group memory, or (where there is nothing better) by every lane.
 *
 * @module
 */
import type { Dispatch } from "../../host/kernel.ts";
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import { unroll } from "../linear/operands.ts";
import { type AttentionCall, NOTHING } from "./plain.ts";

/** How a work group divides its tile. */
export interface Tile {
  /** Invocations; with `subgroup` not more than a subgroup has. */
  readonly lanes: number;
  /** Query rows of an invocation. */
  readonly rows: number;
  /** Keys between two changes of the maximum; with `subgroup` as many as lanes, with `workgroup` a divisor of 16. */
  readonly keys: number;
  /** How keys and values reach the lanes. */
  readonly feed: "subgroup" | "workgroup" | "direct";
}

/** A tile and the vectors (or, where K is no multiple of four, numbers) of a head: what the text is unrolled over. */
interface Shape extends Tile {
  readonly units: number;
  readonly element: string;
}

/**
 * An online softmax over steps of keys. `next` is the first key that a row of the tile has yet to see, `past` the end of
 * that row's range: gaps between the ranges of a tile are jumped over, never read. Both are uniform over the work group.
 *
 * Keys of a walk that a row does not see weigh nothing, but 0·NaN is NaN: a row begins with empty sums in the first walk
 * that it sees keys of and is written after the last one, so that no other sequence's values are in it.
 */
export function tile({ inputs: { q, offsets }, params: { H, G, K } }: AttentionCall, tile: Tile): Dispatch {
  const M = q.shape[0];
  const { lanes, rows, keys, feed } = tile;
  const units = K % 4 === 0 ? K / 4 : K;
  const element = K % 4 === 0 ? "vec4<f32>" : "f32";
  const shape = { ...tile, units, element };
  const staged = feed === "workgroup" ? STAGED : keys;
  return {
    label: `attention.tile ${lanes * rows}×${keys} ${feed}`,
    elements: { q: element, kv: element, y: element },
    floats: { SCALE: 1 / Math.sqrt(K) },
    sizes: { ...rowSizes(M, offsets), H, G },
    enable: feed === "subgroup" ? ["subgroups"] : [],
    workgroups: grid(Math.ceil(M / (lanes * rows)) * H),
    lanes,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${feed === "workgroup" ? `var<workgroup> staged: array<${element}, ${2 * STAGED * units}>;` : ""}
fn run(at: u32, lane: u32) {
  let first = at / sizes.H * ${lanes * rows};
  let live = liveRows();
  if (first >= live) { return; }
  let last = min(first + ${lanes * rows}, live);
  let head = at % sizes.H;
  let stride = 2 * sizes.G * ${units};
  let values = sizes.G * ${units};
  let keyHead = head * sizes.G / sizes.H * ${units};
${unroll(rows, (r) => loadRow(r, shape) + writeRow(r, shape, `start${r} >= end${r}`))}
  var n = 0;
  loop {
${nextKeys}
    if (next == ${FAR}) { break; }
${unroll(rows, (r) => emptySums(r, shape))}
    for (n = next; n < past; n += ${staged}) {
${stage(shape)}
${feed === "workgroup" ? `for (var k = n; k < min(past, n + ${staged}); k += ${keys}) {` : "{ let k = n;"}
${unroll(rows, (r) => unroll(keys, (t) => `var s${r}_${t} = 0.0;`, " "))}
${unroll(units, (u) => scores(u, shape))}
${unroll(rows, (r) => onlineWeights(r, keys))}
${unroll(units, (u) => sums(u, shape))}
      }
    }
${unroll(rows, (r) => writeRow(r, shape, `end${r} > next && end${r} <= past`))}
    n = past;
  }
}`,
  };
}

/** WGSL: no key is as far. */
export const FAR = "0x7fffffff";

/** The next key to see, and the end of the range that holds it; ranges are read-only, so that both are uniform. */
export const nextKeys = /* wgsl */ `
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

/** Keys and values in work group memory: 32 vectors of each come to 16 KB. */
const STAGED = 16;

/** Row r of a lane: its range, its query times the scale, and empty sums; past the last row it is the last again. */
function loadRow(r: number, { lanes, units, element }: Shape): string {
  return `let m${r} = min(first + ${r * lanes} + lane, live - 1);
  let at${r} = (m${r} * sizes.H + head) * ${units};
  let start${r} = ranges[2 * m${r}];
  let end${r} = ranges[2 * m${r} + 1];
  var most${r} = f32(${NOTHING});
  var sum${r} = 0.0;
  ${unroll(units, (u) => `let q${r}_${u} = q[at${r} + ${u}] * SCALE; var y${r}_${u} = ${element}();`)}`;
}

/** Where a step's keys lie, or their copy to work group memory; keys past the range are its last again. */
function stage({ lanes, keys, feed, units }: Shape): string {
  const place = (t: string) => `u32(min(n + ${t}, past - 1)) * stride + keyHead`;
  if (feed === "subgroup") return `let mine = ${place("i32(lane)")};`;
  if (feed === "direct") return unroll(keys, (t) => `let key${t} = ${place(`${t}`)};`);
  return `workgroupBarrier();
  for (var i = lane; i < ${STAGED * units}; i += ${lanes}) {
    let place = ${place(`i32(i / ${units})`)} + i % ${units};
    staged[i] = kv[place];
    staged[${STAGED * units} + i] = kv[place + values];
  }
  workgroupBarrier();`;
}

/** Unit u of every key (or value) of a step, as x0, x1 …: one load a lane, or one a key. */
function fetch(u: number, { keys, feed, units }: Shape, value: boolean): string {
  const offset = `${value ? "values + " : ""}${u}`;
  if (feed === "direct") return unroll(keys, (t) => `let x${t} = kv[key${t} + ${offset}];`);
  if (feed === "workgroup") {
    return unroll(
      keys,
      (t) => `let x${t} = staged[u32(k - n) * ${units} + ${((value ? STAGED : 0) + t) * units + u}];`,
    );
  }
  return `let x = kv[mine + ${offset}]; ${unroll(keys, (t) => `let x${t} = subgroupBroadcast(x, ${t}u);`)}`;
}

/** Products of one unit of every key with every row. */
function scores(u: number, shape: Shape): string {
  const product = (r: number, t: number) => shape.element === "f32" ? `q${r}_${u} * x${t}` : `dot(q${r}_${u}, x${t})`;
  const add = (r: number) => unroll(shape.keys, (t) => `s${r}_${t} += ${product(r, t)};`, " ");
  return `{ ${fetch(u, shape, false)} ${unroll(shape.rows, add)} }`;
}

/** WGSL: scores of row r to weights w, against its new maximum; keys that the row does not see weigh nothing. */
export function onlineWeights(r: number, keys: number): string {
  const seen = (t: number) => `k + ${t} >= start${r} && k + ${t} < min(end${r}, past)`;
  return `${unroll(keys, (t) => `s${r}_${t} = select(${NOTHING}, s${r}_${t}, ${seen(t)});`)}
  let higher${r} = max(most${r}, ${unroll(keys - 1, (t) => `max(s${r}_${t}, `, "")}s${r}_${keys - 1}${")".repeat(keys)};
  let kept${r} = exp(most${r} - higher${r});
  most${r} = higher${r};
  ${unroll(keys, (t) => `let w${r}_${t} = select(0.0, exp(s${r}_${t} - higher${r}), ${seen(t)});`)}
  sum${r} = sum${r} * kept${r} + ${unroll(keys, (t) => `w${r}_${t}`, " + ")};`;
}

/** One unit of every value, weighted, to the sums of every row. */
function sums(u: number, shape: Shape): string {
  const add = (r: number) =>
    `y${r}_${u} = y${r}_${u} * kept${r} + ${unroll(shape.keys, (t) => `w${r}_${t} * x${t}`, " + ")};`;
  return `{ ${fetch(u, shape, true)} ${unroll(shape.rows, add)} }`;
}

/** Empties the sums of row r before the first walk that it sees keys of. */
function emptySums(r: number, { units, element }: Shape): string {
  return `if (start${r} >= next) { ${unroll(units, (u) => `y${r}_${u} = ${element}();`, " ")} }`;
}

/** Divides row r by the sum of its weights and writes it, if it is live and a condition holds. */
function writeRow(r: number, { lanes, units }: Shape, condition: string): string {
  return `if (first + ${r * lanes} + lane < live && ${condition}) {
    let share = select(0.0, 1.0 / sum${r}, sum${r} > 0.0);
    ${unroll(units, (u) => `y[at${r} + ${u}] = y${r}_${u} * share;`)}
  }`;
}
