import { embedOp } from "../../src/ops/embed.ts";
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";

/** y[m] = table[ids[m] − from], zero outside; one invocation a word, or four where the width allows; words are copied as they are. */
export const embed = defineKernel(embedOp, ({ inputs: { ids, table, offsets }, params: { from = 0 } }) => {
  const [M] = ids.shape;
  const [V, J] = table.shape;
  const vector = J % 4 === 0;
  const W = vector ? J / 4 : J;
  const word = vector ? "vec4<u32>" : "u32";
  return [{
    label: "embed",
    constants: { W: Math.max(1, W) }, // nothing is divided by zero, even where nothing is done
    sizes: { V, FROM: from, ...rowSizes(M, offsets) },
    elements: { table: word, y: word },
    workgroups: grid(Math.ceil(M * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let m = at / W;
  if (m >= liveRows()) { return; }
  let v = u32(ids[m]) - sizes.FROM; // wraps below the first
  var word = ${word}();
  if (v < sizes.V) { word = table[v * W + at % W]; }
  y[at] = word;
}`,
  }];
});
