/**
 * Walks over query rows, for tiles of keys of one head: the gradient of keys and values.
 *
 * @module
 */
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import { MOST_ROUNDS } from "../../wgsl/reduce.ts";
import type { Call, Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import type { Heads } from "../../../src/ops/rope.ts";
import { accumulate, memory, products, type Shape, stage, staged, steps, type Tile } from "../attention/walk.ts";
import { wordsOf } from "../../wgsl/words.ts";
import { weigh } from "./weigh.ts";

/** A call of attentionGradKv. */
export type KeyCall = Call<"q" | "kv" | "ranges" | "dy" | "stats" | "offsets?", "dkv", Heads>;

/**
 * dk = Σ ds·q / √K and dv = Σ p·dy. Starts and ends of the ranges do not decrease, so that the rows that see a key are a
 * run: from the first row whose range ends after it to the last whose range starts at or before it.
 *
 * A dispatch takes as many heads of a group as the rounds of a loop allow; the next ones add to its result.
 */
export function gradKv(call: KeyCall, tile: Tile): Dispatch[] {
  const { inputs: { q }, params: { H, G } } = call;
  const group = H / G;
  const heads = Math.max(1, Math.min(group, Math.floor(MOST_ROUNDS * tile.keys / Math.max(1, q.shape[0]))));
  return Array.from({ length: Math.ceil(group / heads) }, (_, part) => {
    return someHeads(call, tile, part * heads, Math.min(group, (part + 1) * heads));
  });
}

/** Heads HEAD to PAST of every group. */
function someHeads(
  { inputs: { q, kv, offsets }, params: { H, G, K } }: KeyCall,
  tile: Tile,
  HEAD: number,
  PAST: number,
): Dispatch {
  const [M, N] = [q.shape[0], kv.shape[0]];
  const { lanes, rows, keys, feed } = tile;
  const { W: units, word: element } = wordsOf(K);
  const shape: Shape = {
    ...{ ...tile, units, element, place: (row) => `(${row} * sizes.H + head) * ${units}` },
    walked: [(at) => `q[${at}]`, (at) => `dy[${at}]`],
  };
  return {
    label: `attentionGradKv ${lanes * rows}×${keys} ${feed}`,
    elements: { q: element, kv: element, dy: element, dkv: element },
    floats: { SCALE: 1 / Math.sqrt(Math.max(K, 1)) },
    sizes: { ...rowSizes(M, offsets), H, G, N, HEAD, PAST },
    enable: feed === "subgroup" ? ["subgroups"] : [],
    workgroups: grid(Math.ceil(N / (lanes * rows)) * G),
    lanes,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${memory(shape)}
${rowsUpTo}
fn run(at: u32, lane: u32) {
  let first = at / sizes.G * ${lanes * rows};
  if (first >= sizes.N) { return; }
  let last = min(first + ${lanes * rows}, sizes.N) - 1;
  let live = liveRows();
  let group = sizes.H / sizes.G;
  let keyHead = at % sizes.G;
  let values = sizes.G * ${units};
${unroll(rows, (r) => ownKey(r, shape))}
  let next = rowsUpTo(i32(first), 1u, live);
  let past = rowsUpTo(i32(last), 0u, live);
  for (var head = keyHead * group + sizes.HEAD; head < keyHead * group + sizes.PAST; head++) {
    for (var n = next; n < past; n += ${staged(shape)}) {
${stage(shape)}
${steps(shape, step(shape))}
    }
  }
${unroll(rows, (r) => writeKey(r, shape))}
}`,
  };
}

/** How many live rows have a range that starts (side 0) or ends (side 1) at or before n: they are the first ones. */
const rowsUpTo = /* wgsl */ `
fn rowsUpTo(n: i32, side: u32, live: u32) -> i32 {
  var low = 0u;
  var high = live;
  while (low < high) {
    let middle = (low + high) / 2;
    if (ranges[2 * middle + side] <= n) { low = middle + 1; } else { high = middle; }
  }
  return i32(low);
}`;

/** Key r of a lane: the rows that see it, the key times the scale, its value; past the last key it is the last again. */
function ownKey(r: number, { lanes, units, element }: Shape): string {
  return `let key${r} = min(first + ${r * lanes} + lane, last);
  let own${r} = (key${r} * 2 * sizes.G + keyHead) * ${units};
  let start${r} = rowsUpTo(i32(key${r}), 1u, live);
  let end${r} = rowsUpTo(i32(key${r}), 0u, live);
  ${
    unroll(units, (u) =>
      `let a${r}_${u} = kv[own${r} + ${u}] * SCALE; let b${r}_${u} = kv[own${r} + values + ${u}];
  var dk${r}_${u} = ${element}(); var dv${r}_${u} = ${element}();`)
  }`;
}

/** Statistics of a step's rows, the two products, the weights, and the two sums. */
function step(shape: Shape): string {
  const { rows, keys, feed } = shape;
  const at = (t: string) => `u32(min(k + ${t}, past - 1)) * 2 * sizes.H + head`;
  const load = feed === "subgroup"
    ? `let statsAt = ${at("i32(lane)")}; let lse = stats[statsAt]; let delta = stats[statsAt + sizes.H];
${unroll(keys, (t) => `let lse${t} = subgroupBroadcast(lse, ${t}u); let delta${t} = subgroupBroadcast(delta, ${t}u);`)}`
    : unroll(keys, (t) =>
      `let statsAt${t} = ${at(`${t}`)};
let lse${t} = stats[statsAt${t}]; let delta${t} = stats[statsAt${t} + sizes.H];`);
  return `${load}
${products(0, shape)}
${products(1, shape)}
${unroll(rows, (r) => weigh(r, shape, (t) => [`lse${t}`, `delta${t}`]))}
${accumulate("ds", 0, "dk", shape)}
${accumulate("w", 1, "dv", shape)}`;
}

/** Writes key r, if there is one; heads after the first add to the result. */
function writeKey(r: number, { lanes, units, element }: Shape): string {
  const put = (at: string, sum: string) => `dkv[${at}] = select(${element}(), dkv[${at}], sizes.HEAD > 0) + ${sum};`;
  return `if (first + ${r * lanes} + lane <= last) {
    ${
    unroll(units, (u) => put(`own${r} + ${u}`, `dk${r}_${u} * SCALE`) + put(`own${r} + values + ${u}`, `dv${r}_${u}`))
  }
  }`;
}
