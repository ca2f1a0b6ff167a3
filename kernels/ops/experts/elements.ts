/**
 * One invocation an element: the plainest form, for few rows and ranks that fit no vector.
 *
 * @module
 */
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import type { Dispatch } from "../../host/kernel.ts";
import { geluWgsl, siluWgsl } from "../../wgsl/math.ts";
import type { ExpandCall, UnitCall } from "./calls.ts";

/** Inner products run over four floats at a time where their length allows. */
export function wordsOf(length: number): { W: number; word: string; product: (a: string, b: string) => string } {
  return length % 4 === 0
    ? { W: length / 4, word: "vec4<f32>", product: (a, b) => `dot(${a}, ${b})` }
    : { W: length, word: "f32", product: (a, b) => `${a} * ${b}` };
}

/** WGSL: one invocation for each of `columns` elements of a live row m. */
export const eachElement = (columns: string): string => /* wgsl */ `
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let m = at / (${columns});
  if (m >= liveRows()) { return; }`;

/** WGSL: `expanded(slot, row)` = b[e, row]·a[slot] for a slot (m, j) of an expert's B with O rows. */
export const expanded = (O: string, product: (a: string, b: string) => string): string => /* wgsl */ `
fn expanded(slot: u32, row: u32) -> f32 {
  let ours = (u32(experts[slot]) * ${O} + row) * W;
  var sum = 0.0;
  for (var w = 0u; w < W; w++) { sum += ${product("b[ours + w]", "a[slot * W + w]")}; }
  return sum;
}`;

/** z_j = act(u_j[:F]) ⊙ u_j[F:] with u_j = u + s·B_e·a_j, and Σ_j w_j·z_j. */
export function unitElements({ inputs: { b, offsets }, outputs: { z }, params }: UnitCall): Dispatch {
  const [M, k, F] = z.shape;
  const { W, word, product } = wordsOf(b.shape[2]);
  return {
    label: `loraGatedUnit.${params.kind}`,
    constants: { W, F, TOP: k },
    floats: { SCALE: params.scale },
    sizes: rowSizes(M, offsets),
    elements: { a: word, b: word },
    workgroups: grid(Math.ceil(M * F / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${
      { silu: siluWgsl, gelu: geluWgsl }[params.kind]
    }
${liveRows(offsets)}
${expanded("(2 * F)", product)}
${eachElement("F")}
  let f = at % F;
  let gate = u[m * 2 * F + f];
  let other = u[m * 2 * F + F + f];
  var sum = 0.0;
  for (var j = 0u; j < TOP; j++) {
    let slot = m * TOP + j;
    let value = ${params.kind}(gate + SCALE * expanded(slot, f)) * (other + SCALE * expanded(slot, F + f));
    z[slot * F + f] = value;
    sum += weights[slot] * value;
  }
  mix[at] = sum;
}`,
  };
}

/** y = x + s·Σ_j w_j·B_e·a_j. */
export function expandElements({ inputs: { b, experts, offsets }, outputs, params }: ExpandCall): Dispatch {
  const [M, D] = outputs.y.shape;
  const { W, word, product } = wordsOf(b.shape[2]);
  return {
    label: "loraUp",
    constants: { W, D, TOP: experts.shape[1] },
    floats: { SCALE: params.scale },
    sizes: rowSizes(M, offsets),
    elements: { a: word, b: word },
    workgroups: grid(Math.ceil(M * D / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${expanded("D", product)}
${eachElement("D")}
  var sum = 0.0;
  for (var j = 0u; j < TOP; j++) { sum += weights[m * TOP + j] * expanded(m * TOP + j, at % D); }
  y[at] = x[at] + SCALE * sum;
}`,
  };
}
