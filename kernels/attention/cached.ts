/**
 * Attention over caches on software adapters: no two rows see the same keys, so that an invocation loads keys for itself.
 *
 * @module
 */
import type { Dispatch } from "../kernel.ts";
import { grid, liveRows, rowSizes } from "../grid.ts";
import { unroll } from "../linear/operands.ts";
import { type AttentionCall, NOTHING } from "./plain.ts";

/** One SIMD register. */
const LANES = 8;

/** Keys between two changes of the maximum. */
const KEYS = 4;

/** Vectors (or numbers) of queries, for all heads that read one key, that an invocation can hold. */
export const CACHED_UNITS = 48;

/** `a + b + c`. */
const sum = (terms: number, write: (i: number) => string) => unroll(terms, write, " + ");

/** WGSL: query head r of an invocation scores its keys, and adds their values to its sums. */
function readKeys(r: number, units: number, wide: boolean): string {
  const product = (u: number, j: number) => {
    const [a, b] = [`q${r * units + u}`, `k${j * units + u}`];
    return wide ? `dot(${a}, ${b})` : `${a} * ${b}`;
  };
  const score = (j: number) => `select(${NOTHING}, ${sum(units, (u) => product(u, j))}, n + ${j} < end)`;
  const addValues = (u: number) => {
    const at = r * units + u;
    return `sum${at} = sum${at} * kept${r} + ${sum(KEYS, (j) => `p${r}_${j} * v${j * units + u}`)};`;
  };
  return /* wgsl */ `
    let before${r} = most${r};
    ${unroll(KEYS, (j) => `let s${r}_${j} = ${score(j)};`)}
    ${unroll(KEYS, (j) => `most${r} = max(most${r}, s${r}_${j});`)}
    let kept${r} = exp(before${r} - most${r});
    ${unroll(KEYS, (j) => `let p${r}_${j} = exp(s${r}_${j} - most${r});`)}
    weight${r} = weight${r} * kept${r} + ${sum(KEYS, (j) => `p${r}_${j}`)};
    ${unroll(units, addValues)}`;
}

/** An invocation a row and key/value head: each key is loaded once for all query heads that read it. */
export function cached({ inputs: { q, offsets }, params: { H, G, K } }: AttentionCall): Dispatch {
  const M = q.shape[0];
  const wide = K % 4 === 0;
  const units = wide ? K / 4 : K;
  const heads = H / G;
  const held = heads * units;
  const element = wide ? "vec4<f32>" : "f32";
  const load = (name: string, first: number) => (i: number) =>
    `let ${name}${i} = kv[at${Math.floor(i / units)} + ${first + i % units}];`;
  return {
    label: `attention.cached ${heads}×${KEYS}`,
    elements: { q: element, kv: element, y: element },
    constants: { G },
    floats: { SCALE: 1 / Math.sqrt(K) },
    sizes: rowSizes(M, offsets),
    workgroups: grid(Math.ceil(M * G / LANES)),
    lanes: LANES,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * ${LANES} + lane;
  let m = at / G;
  if (m >= liveRows()) { return; }
  let keyHead = at % G * ${units};
  let end = u32(ranges[2 * m + 1]);
  ${unroll(held, (i) => `let q${i} = SCALE * q[at * ${held} + ${i}];`)}
  ${unroll(held, (i) => `var sum${i} = ${element}();`)}
  ${unroll(heads, (r) => `var most${r} = f32(${NOTHING}); var weight${r} = 0.0;`)}
  for (var n = u32(ranges[2 * m]); n < end; n += ${KEYS}) {
    ${unroll(KEYS, (j) => `let at${j} = min(n + ${j}, end - 1) * 2 * G * ${units} + keyHead;`)}
    ${unroll(KEYS * units, load("k", 0))}
    ${unroll(KEYS * units, load("v", G * units))}
    ${unroll(heads, (r) => readKeys(r, units, wide))}
  }
  ${unroll(heads, (r) => `let scale${r} = select(0.0, 1.0 / weight${r}, weight${r} > 0.0);`)}
  ${unroll(held, (i) => `y[at * ${held} + ${i}] = sum${i} * scale${Math.floor(i / units)};`)}
}`,
  };
}
