/**
 * Mixture of LoRAs with one invocation an element: for few rows, and for ranks that are no multiple of four.
 *
 * @module
 */
import type { Dispatch } from "../../host/kernel.ts";
import { activations } from "../../wgsl/activations.ts";
import { perWord } from "../../wgsl/launch.ts";
import { type Words, wordsOf } from "../../wgsl/words.ts";
import type { ExpandCall, UnitCall } from "./calls.ts";

/** WGSL: `expanded(slot, row)` = b[e, row]·a[slot] for a slot (m, j) of an expert's B with O rows. */
export function expanded(O: string, { dot }: Words): string {
  return /* wgsl */ `
fn expanded(slot: u32, row: u32) -> f32 {
  let ours = (u32(experts[slot]) * ${O} + row) * W;
  var sum = 0.0;
  for (var i = 0u; i < W; i++) { sum += ${dot("b[ours + i]", "a[slot * W + i]")}; }
  return sum;
}`;
}

/** z_j = act(u_j[:F]) ⊙ u_j[F:] with u_j = u + s·B_e·a_j, and Σ_j w_j·z_j. */
export function unitElements({ inputs: { b, offsets }, outputs: { z }, params: { kind, scale } }: UnitCall): Dispatch {
  const [M, k, F] = z.shape;
  const words = wordsOf(b.shape[2]), { W, word } = words;
  return perWord({
    label: `loraGatedUnit.${kind}`,
    ...{ rows: M, offsets, each: F },
    constants: { W, F, TOP: k },
    floats: { SCALE: scale },
    elements: { a: word, b: word },
    functions: activations[kind].functions + expanded("(2 * F)", words),
    statements: /* wgsl */ `
  let gate = u[m * 2 * F + w];
  let other = u[m * 2 * F + F + w];
  var sum = 0.0;
  for (var j = 0u; j < TOP; j++) {
    let slot = m * TOP + j;
    let value = ${kind}(gate + SCALE * expanded(slot, w)) * (other + SCALE * expanded(slot, F + w));
    z[slot * F + w] = value;
    sum += weights[slot] * value;
  }
  mix[at] = sum;`,
  });
}

/** y = x + s·Σ_j w_j·B_e·a_j. */
export function expandElements({ inputs: { b, experts, offsets }, outputs, params: { scale } }: ExpandCall): Dispatch {
  const [M, D] = outputs.y.shape;
  const words = wordsOf(b.shape[2]), { W, word } = words;
  return perWord({
    label: "loraUp",
    ...{ rows: M, offsets, each: D },
    constants: { W, D, TOP: experts.shape[1] },
    floats: { SCALE: scale },
    elements: { a: word, b: word },
    functions: expanded("D", words),
    statements: /* wgsl */ `
  var sum = 0.0;
  for (var j = 0u; j < TOP; j++) { sum += weights[m * TOP + j] * expanded(m * TOP + j, w); }
  y[at] = x[at] + SCALE * sum;`,
  });
}
