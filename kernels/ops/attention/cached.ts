/**
 * Attention over caches on software adapters: no two rows see the same keys, so every invocation loads its own.
 *
 * Loads dominate the time there, lane by lane. One key at a time keeps the number of spilled registers small.
 *
 * @module
 */
import { SIMD } from "../../host/adapter.ts";
import type { Dispatch } from "../../host/kernel.ts";
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import { unroll } from "../../wgsl/text.ts";
import { MOST_ROUNDS } from "../../wgsl/reduce.ts";
import { wordsOf } from "../../wgsl/words.ts";
import { type AttentionCall, NOTHING } from "./plain.ts";

/** Vectors (or numbers) of queries, for all heads that read one key, that an invocation can hold. */
export const CACHED_UNITS = 48;

/**
 * WGSL: a step of the online softmax of query head r with key n + j: either the sums or the key have weight 1, and the other
 * one e^−|difference|, which takes one exponential. Past the end the key has weight 0.
 */
function addKey(r: number, j: number, units: number, wide: boolean): string {
  const product = (u: number) => {
    const q = `q${r * units + u}`;
    return wide ? `dot(${q}, k${u})` : `${q} * k${u}`;
  };
  const score = unroll(units, product, " + ");
  return /* wgsl */ `
      let s${r} = ${j > 0 ? `select(${NOTHING}, ${score}, n + ${j} < end)` : score};
      let rise${r} = s${r} - most${r};
      let less${r} = exp(-abs(rise${r}));
      let kept${r} = select(1.0, less${r}, rise${r} > 0.0);
      let p${r} = select(less${r}, 1.0, rise${r} > 0.0);
      most${r} = max(most${r}, s${r});
      weight${r} = weight${r} * kept${r} + p${r};`;
}

/** An invocation a row and key/value head: each key is loaded once for all query heads that read it. */
export function cached({ inputs: { q, kv, offsets }, params: { H, G, K } }: AttentionCall): Dispatch {
  const M = q.shape[0];
  const { vector: wide, W: units, word: element } = wordsOf(K);
  const heads = H / G;
  const held = heads * units;
  const keys = Math.max(Math.floor(kv.shape[0] / MOST_ROUNDS) + 1, units > 2 ? 1 : 2); // of a round, which costs too
  const add = (u: number, r: number) => `sum${r * units + u} = sum${r * units + u} * kept${r} + p${r} * v;`;
  const step = (j: number) =>
    /* wgsl */ `{
      let key = ${j > 0 ? `min(n + ${j}, end - 1)` : "n"} * 2 * G * ${units} + keyHead;
      ${unroll(units, (u) => `let k${u} = kv[key + ${u}];`)}
      ${unroll(heads, (r) => addKey(r, j, units, wide))}
      ${unroll(units, (u) => `{ let v = kv[key + G * ${units} + ${u}]; ${unroll(heads, (r) => add(u, r))} }`)}
    }`;
  return {
    label: `attention.cached ${heads}×${keys}`,
    elements: { q: element, kv: element, y: element },
    constants: { G },
    floats: { SCALE: 1 / Math.sqrt(K) },
    sizes: rowSizes(M, offsets),
    workgroups: grid(Math.ceil(M * G / SIMD)),
    lanes: SIMD,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * ${SIMD} + lane;
  let m = at / G;
  if (m >= liveRows()) { return; }
  let keyHead = at % G * ${units};
  let end = u32(ranges[2 * m + 1]);
  ${unroll(held, (i) => `let q${i} = SCALE * q[at * ${held} + ${i}];`)}
  ${unroll(held, (i) => `var sum${i} = ${element}();`)}
  ${unroll(heads, (r) => `var most${r} = f32(${NOTHING}); var weight${r} = 0.0;`)}
  for (var n = u32(ranges[2 * m]); n < end; n += ${keys}) {
    ${unroll(keys, step)}
  }
  ${unroll(heads, (r) => `let scale${r} = select(0.0, 1.0 / weight${r}, weight${r} > 0.0);`)}
  ${unroll(held, (i) => `y[at * ${held} + ${i}] = sum${i} * scale${Math.floor(i / units)};`)}
}`,
  };
}
