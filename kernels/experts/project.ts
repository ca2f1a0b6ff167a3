import { liveRows, rowSizes } from "../grid.ts";
import type { Dispatch } from "../kernel.ts";
import type { ProjectCall } from "./calls.ts";
import { nextSlot } from "./tiles.ts";

/** Rows of a tile, and slots that share what is read of A. */
const [TILE, SHARE] = [32, 8];

/** One line for each of the slots. */
const each = (line: (i: number) => string) => Array.from({ length: SHARE }, (_, i) => line(i)).join("\n");

/**
 * y[m, j, r] = a[e, r]·x[m] (or x[m, j]). A group owns eight columns r of one expert; eight slots that chose it are computed
 * at a time. Where fewer are left, the last one is repeated: it is written several times, with the same value.
 */
export function projectChosen({ inputs: { x, a, experts, offsets } }: ProjectCall): Dispatch {
  const [M, k] = experts.shape;
  const [E, R, F] = a.shape;
  const row = (slot: string) => x.shape.length === 2 ? `${slot} / TOP` : slot;
  return {
    label: "expertProject.chosen",
    constants: { W: F / 4, R, TOP: k },
    sizes: rowSizes(M, offsets),
    elements: { x: "vec4<f32>", a: "vec4<f32>" },
    workgroups: [Math.ceil(R / 8), Math.ceil(M / TILE), E],
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${nextSlot}
@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let r = id.x * 8u + lane;
  if (r >= R) { return; }
  let ours = (id.z * R + r) * W;
  let end = min((id.y + 1u) * ${TILE}u, liveRows()) * TOP;
  var slot7 = next(id.z, id.y * ${TILE}u * TOP, end);
  while (slot7 < end) {
    let slot0 = slot7;
${each((i) => i === 0 ? "" : `    ${i < 7 ? "let " : ""}slot${i} = following(id.z, slot${i - 1}, end);`)}
${each((i) => `    var sum${i} = 0.0;`)}
    for (var w = 0u; w < W; w++) {
      let words = a[ours + w];
${each((i) => `      sum${i} += dot(words, x[(${row(`slot${i}`)}) * W + w]);`)}
    }
${each((i) => `    y[slot${i} * R + r] = sum${i};`)}
    slot7 = next(id.z, slot7 + 1u, end);
  }
}
fn following(e: u32, slot: u32, end: u32) -> u32 {
  let found = next(e, slot + 1u, end);
  return select(found, slot, found >= end);
}`,
  };
}
