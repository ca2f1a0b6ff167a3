/**
 * Inner products of rows with rows or columns of a chosen expert's matrix.
 *
 * @module
 */
import type { Shape, Tensor } from "../../../src/op/op.ts";
import { type Adapter, broadcasts } from "../../host/adapter.ts";
import { liveRows, rowSizes } from "../../host/grid.ts";
import type { Dispatch } from "../../host/kernel.ts";
import { perWord } from "../../wgsl/launch.ts";
import { unroll } from "../../wgsl/text.ts";
import { wordsOf } from "../../wgsl/words.ts";
import { nextSlot } from "./tiles.ts";

/** Rows of a tile, and slots that share a load of the expert's matrix. */
const [TILE, SHARE] = [32, 8];

/** Inner products with rows or columns of the chosen experts. */
export interface ChosenProducts {
  /** Name of the variant. */
  readonly label: string;
  /** Rows [M, …], the same for all chosen experts, or [M, k, …], one each, and [M, k]. */
  readonly x: Tensor;
  readonly experts: Tensor;
  /** Where the live rows end. */
  readonly offsets?: Tensor;
  /** Experts, products a slot (R), terms of a product. */
  readonly sizes: readonly [E: number, R: number, terms: number];
  /** Element type of a, given that of x. */
  readonly element: (word: string) => string;
  /** WGSL: word `w` of the terms of product `r` with expert `e`, W words long. */
  readonly word: (vector: boolean, w: string) => string;
  /** A factor on every product. */
  readonly scale: number;
}

/** y[m, j, r] = scale·(terms of expert e and r)·x[m] (or x[m, j]); on CPU adapters eight slots share each load of a. */
export function chosenProducts(call: ChosenProducts, adapter: Adapter): Dispatch {
  const shared = adapter.family === "cpu" && call.experts.shape[0] >= 8 && call.sizes[2] % 4 === 0;
  return shared ? chosen(call, broadcasts(adapter)) : elements(call);
}

/** Rows of x by slot: one for all chosen experts, or one each. */
const rowOf = ({ shape }: { readonly shape: Shape }, slot: string) => shape.length === 2 ? `(${slot}) / TOP` : slot;

/** One invocation a product. */
function elements(
  { label, x, experts, offsets, sizes: [, R, terms], element, word: wordAt, scale }: ChosenProducts,
): Dispatch {
  const [M, k] = experts.shape;
  const { W, vector, word, dot } = wordsOf(terms);
  return perWord({
    label,
    ...{ rows: M, offsets, each: k * R },
    constants: { W, R, TOP: k },
    floats: { SCALE: scale },
    elements: { x: word, a: element(word) },
    statements: /* wgsl */ `
  let slot = at / R;
  let r = at % R;
  let e = u32(experts[slot]);
  let row = (${rowOf(x, "slot")}) * W;
  var sum = 0.0;
  for (var i = 0u; i < W; i++) { sum += ${dot(wordAt(vector, "i"), "x[row + i]")}; }
  y[at] = SCALE * sum;`,
  });
}

/**
 * A group owns eight products r of one expert, and computes eight slots that chose it at a time. Where fewer are left, the
 * last one is repeated and written several times, with the same value. With `shared`, each lane loads x for one of the slots
 * and broadcasts it.
 */
function chosen(
  { label, x, experts, offsets, sizes: [E, R, terms], element, word, scale }: ChosenProducts,
  shared: boolean,
): Dispatch {
  const [M, k] = experts.shape;
  const own = shared ? `let row = (${rowOf(x, "mine")}) * W;` : "";
  const read = shared ? "let ours = x[row + w];" : "";
  const words = (i: number) => shared ? `subgroupBroadcast(ours, ${i}u)` : `x[(${rowOf(x, `slot${i}`)}) * W + w]`;
  return {
    label: `${label}.chosen${shared ? " subgroups" : ""}`,
    constants: { W: terms / 4, R, TOP: k },
    floats: { SCALE: scale },
    sizes: rowSizes(M, offsets),
    elements: { x: "vec4<f32>", a: element("vec4<f32>") },
    enable: shared ? ["subgroups"] : [],
    workgroups: [Math.ceil(R / SHARE), Math.ceil(M / TILE), E],
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${nextSlot}
@compute @workgroup_size(${SHARE})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let to = id.x * ${SHARE}u + lane;
  let r = min(to, R - 1u);
  let e = id.z;
  let end = min((id.y + 1u) * ${TILE}u, liveRows()) * TOP;
  var slot7 = next(e, id.y * ${TILE}u * TOP, end);
  while (slot7 < end) {
    let slot0 = slot7;
${unroll(SHARE, (i) => i === 0 ? "" : `    ${i < 7 ? "let " : ""}slot${i} = following(e, slot${i - 1}, end);`)}
${shared ? `    var mine = slot0;\n${unroll(SHARE, (i) => `    mine = select(mine, slot${i}, lane == ${i}u);`)}` : ""}
    ${own}
${unroll(SHARE, (i) => `    var sum${i} = 0.0;`)}
    for (var w = 0u; w < W; w++) {
      let words = ${word(true, "w")};
      ${read}
${unroll(SHARE, (i) => `      sum${i} += dot(words, ${words(i)});`)}
    }
    if (to < R) {
${unroll(SHARE, (i) => `      y[slot${i} * R + r] = SCALE * sum${i};`)}
    }
    slot7 = next(e, slot7 + 1u, end);
  }
}
fn following(e: u32, slot: u32, end: u32) -> u32 {
  let found = next(e, slot + 1u, end);
  return select(found, slot, found >= end);
}`,
  };
}
