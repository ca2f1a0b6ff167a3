/**
 * The products for GPUs: blocks of both operands in work group memory, a square of results in registers, as for the
 * projection itself.
 *
 * @module
 */
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";
import { operands, type Product } from "./operands.ts";

/** Threads along each side of a block. */
const SIDE = 8;

/** Threads of a work group. */
const THREADS = SIDE * SIDE;

/** Terms of every sum in a block. */
const DEPTH = 16;

/** The parts that differ between the products: the layout of dy in work group memory, and the multiplication. */
interface Form {
  /** WGSL: functions. */
  readonly functions: string;
  /** WGSL: starts of the loads, before the loop. */
  readonly starts: string;
  /** WGSL: loads of dy from term `start` on. */
  readonly load: string;
  /** WGSL: the multiplications of a block. */
  readonly multiply: string;
  /** WGSL: row of the thread's sum r. */
  rowOf(r: number): string;
}

/**
 * The product in blocks of 8·each × 8·each results; a thread computes each × each of them (4 or 8).
 *
 * The other operand is stored term by term, a vector for every four columns: eight threads read neighbouring vectors.
 */
export function shared(product: Product, each: 4 | 8): Dispatch {
  const block = SIDE * each;
  const { wgsl, ...access } = operands(product, block, block);
  const eachQuad = (piece: (quad: number) => string) => unroll(each / 4, piece, " ");
  const form = product.name === "linearGradX" ? formOfX(each, eachQuad) : formOfW(each, eachQuad);
  const loads = DEPTH * block / 4 / THREADS;
  const term = (load: number) => `start + ${at(load)} / ${block / 4}`;
  return {
    label: `${product.name}.shared ${block}×${block}`,
    ...access,
    wgsl: /* wgsl */ `
${wgsl}
var<workgroup> dys: array<vec4<f32>, ${DEPTH * block / 4}>;
var<workgroup> bs: array<vec4<f32>, ${DEPTH * block / 4}>;
${form.functions}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let row = id.y * ${block};
  let column = id.x * ${block};
  let tx = thread % ${SIDE};
  let ty = thread / ${SIDE};
  let count = innerCount(row);
  let b = bStart(column + 4 * (thread % ${block / 4}));
${form.starts}
${unroll(each, (r) => eachQuad((q) => `var sum${r}_${q} = vec4<f32>();`))}
  for (var start = 0u; start < count; start += ${DEPTH}) {
${form.load}
${unroll(loads, (load) => `    bs[${at(load)}] = bAt(b, min(${term(load)}, count - 1));`)}
    workgroupBarrier();
${form.multiply}
    workgroupBarrier();
  }
${unroll(each, (r) => eachQuad((q) => `finish(${form.rowOf(r)}, column + 4 * (${SIDE * q} + tx), sum${r}_${q});`))}
}`,
  };
}

/** WGSL: the vector of a block that a thread moves with its load number `load`. */
function at(load: number): string {
  return `(thread + ${load * THREADS})`;
}

type EachQuad = (piece: (quad: number) => string) => string;

/** A line of dy is four vectors along the terms; `slot` turns them, so that eight lines touch eight different banks. */
function formOfX(each: number, eachQuad: EachQuad): Form {
  const quads = 2 * each;
  const loads = 2 * each * DEPTH / THREADS;
  const line = (load: number) => `(thread / 4 + ${load * THREADS / 4})`;
  return {
    functions: `fn slot(line: u32, step: u32) -> u32 { return line * 4 + (step ^ ((line / 2) % 4)); }`,
    starts: unroll(loads, (load) => `  let a${load} = aStart(row + ${line(load)});`),
    load: `    let i = start + 4 * (thread % 4);\n` + unroll(
      loads,
      (load) => `    dys[slot(${line(load)}, thread % 4)] = select(vec4<f32>(), aAt(a${load}, i), i < count);`,
    ),
    multiply: `    for (var k = 0u; k < ${DEPTH / 4}; k++) {
${eachQuad((q) => `let w${q} = mat4x4(${unroll(4, (i) => `bs[(4 * k + ${i}) * ${quads} + ${SIDE * q} + tx]`, ", ")});`)}
${unroll(each, (r) => `{ let a = dys[slot(${SIDE * r} + ty, k)]; ${eachQuad((q) => `sum${r}_${q} += w${q} * a;`)} }`)}
    }`,
    rowOf: (r) => `row + ${SIDE * r} + ty`,
  };
}

/** dy has the layout of the other operand: the rows of a thread are four neighbours, or twice four. */
function formOfW(each: number, eachQuad: EachQuad): Form {
  const quads = 2 * each;
  const loads = DEPTH * quads / THREADS;
  const term = (load: number) => `start + ${at(load)} / ${quads}`;
  const multiply = (v: number) => unroll(4, (j) => eachQuad((q) => `sum${4 * v + j}_${q} += a[${j}] * x${q};`), " ");
  return {
    functions: "",
    starts: `  let a = aStart(row + 4 * (thread % ${quads}));`,
    load: unroll(
      loads,
      (load) =>
        `    dys[${at(load)}] = select(vec4<f32>(), aAt(a, min(${term(load)}, count - 1)), ${term(load)} < count);`,
    ),
    multiply: `    for (var k = 0u; k < ${DEPTH * quads}; k += ${4 * quads}) {
${
      unroll(4, (term) =>
        `{
${eachQuad((q) => `let x${q} = bs[k + ${term * quads + SIDE * q} + tx];`)}
${unroll(each / 4, (v) => `{ let a = dys[k + ${term * quads + SIDE * v} + ty]; ${multiply(v)} }`)}
}`)
    }
    }`,
    rowOf: (r) => `row + 4 * (${SIDE * Math.floor(r / 4)} + ty) + ${r % 4}`,
  };
}
