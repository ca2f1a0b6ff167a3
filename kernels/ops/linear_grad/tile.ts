/**
 * The products for CPU adapters: a tile of results in registers, as for the projection itself.
 *
 * @module
 */
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import { SIMD } from "../../host/adapter.ts";
import type { Tile } from "../linear/tile.ts";
import { operands, type Product } from "./operands.ts";

/** Loads of dy: each lane loads other vectors and broadcasts them, or all lanes load the same ones. */
interface Feed {
  /** WGSL: the vectors' starts, before the loop. */
  readonly starts: string;
  /** WGSL: the loads of a step, as variables of the given name. */
  load(name: string, read: (start: string) => string): string;
  /** WGSL: vector v of the loads of that name. */
  vector(name: string, v: number): string;
}

/** Feeds `count` vectors of dy, vector v of which starts at row `row + v·each`. */
function feed(count: number, each: number, shared: boolean): Feed {
  const loads = shared ? Math.ceil(count / SIMD) : count;
  const first = (load: number) => shared ? `${each * SIMD * load} + ${each} * lane` : `${each * load}`;
  return {
    starts: unroll(loads, (load) => `  let start${load} = aStart(row + ${first(load)});`),
    load: (name, read) => unroll(loads, (load) => `let ${name}_${load} = ${read(`start${load}`)};`),
    vector: (name, v) => shared ? `subgroupBroadcast(${name}_${Math.floor(v / SIMD)}, ${v % SIMD}u)` : `${name}_${v}`,
  };
}

/** The product in tiles: `rows` rows by `SIMD · 4 · quads` columns a work group, four terms of each sum a step. */
export function tile(product: Product, { rows, quads, shared }: Tile): Dispatch {
  const columns = 4 * SIMD * quads;
  const { wgsl, ...access } = operands(product, rows, columns);
  const eachQuad = (piece: (quad: number) => string) => unroll(quads, piece, " ");
  const forX = product.name === "linearGradX";
  const { starts, step } = forX ? stepOfX(rows, shared, eachQuad) : stepOfW(rows, shared, eachQuad);
  return {
    label: `${product.name}.tile ${rows}×${columns}${shared ? " subgroups" : ""}`,
    ...access,
    enable: shared ? ["subgroups"] : [],
    wgsl: /* wgsl */ `
${wgsl}
@compute @workgroup_size(${SIMD})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let row = id.y * ${rows};
  let column = id.x * ${columns} + 4 * lane;
  let count = innerCount(row);
${starts}
${eachQuad((q) => `let b${q} = bStart(column + ${4 * SIMD * q});`)}
${unroll(rows, (r) => eachQuad((q) => `var sum${r}_${q} = vec4<f32>();`))}
  for (var i = 0u; i < count; i += 4) {
${step}
  }
${unroll(rows, (r) => eachQuad((q) => `finish(row + ${r}, column + ${4 * SIMD * q}, sum${r}_${q});`))}
}`,
  };
}

type EachQuad = (piece: (quad: number) => string) => string;

/** WGSL before the loop over the terms, and a step of it. */
interface Steps {
  readonly starts: string;
  readonly step: string;
}

/** WGSL: `name` followed by q, four lines of the other operand at columns q, as a matrix. */
function fourLines(name: string, eachQuad: EachQuad): string {
  const line = (k: number) => `min(i + ${k}, count - 1)`;
  return eachQuad((q) => `let ${name}${q} = mat4x4(${unroll(4, (k) => `bAt(b${q}, ${line(k)})`, ", ")});`);
}

/** Four lines of w, and four numbers of every row of dy. */
function stepOfX(rows: number, shared: boolean, eachQuad: EachQuad): Steps {
  const { starts, load, vector } = feed(rows, 1, shared);
  const multiply = (r: number) => eachQuad((q) => `sum${r}_${q} += w${q} * a;`);
  return {
    starts,
    step: `${load("a", (start) => `aAt(${start}, i)`)}
${fourLines("w", eachQuad)}
${unroll(rows, (r) => `{ let a = ${vector("a", r)}; ${multiply(r)} }`)}`,
  };
}

/** Four lines of x and four lines of dy: a column of four numbers of dy belongs to one row of the result. */
function stepOfW(rows: number, shared: boolean, eachQuad: EachQuad): Steps {
  const { starts, load, vector } = feed(rows / 4, 4, shared);
  const read = (k: number) => (start: string) =>
    `select(vec4<f32>(), aAt(${start}, min(i + ${k}, count - 1)), i + ${k} < count)`;
  const multiply = (v: number) => (j: number) =>
    `{ let a = vec4(${unroll(4, (k) => `a${k}[${j}]`, ", ")}); ${
      eachQuad((q) => `sum${4 * v + j}_${q} += x${q} * a;`)
    } }`;
  return {
    starts,
    step: `${unroll(4, (k) => load(`line${k}`, read(k)))}
${fourLines("x", eachQuad)}
${
      unroll(rows / 4, (v) =>
        `{ ${unroll(4, (k) => `let a${k} = ${vector(`line${k}`, v)};`, " ")}\n${unroll(4, multiply(v))} }`)
    }`,
  };
}
