import { embedOp } from "../src/ops/embed.ts";
import { grid, liveRows, rowSizes } from "./grid.ts";
import { defineKernel } from "./kernel.ts";

/** y[m] = table[ids[m]], or 0 where that is below 0; one invocation a word, or four where the width allows; words are copied as they are. */
export const embed = defineKernel(embedOp, ({ inputs: { ids, table, offsets } }) => {
  const [M] = ids.shape;
  const J = table.shape[1];
  const vector = J % 4 === 0;
  const W = vector ? J / 4 : J;
  const word = vector ? "vec4<u32>" : "u32";
  return [{
    label: "embed",
    constants: { W: Math.max(1, W) }, // nothing is divided by zero, even where nothing is done
    sizes: rowSizes(M, offsets),
    elements: { table: word, y: word },
    workgroups: grid(Math.ceil(M * W / 64)),
    lanes: 64,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn run(group: u32, lane: u32) {
  let at = group * 64 + lane;
  let m = at / W;
  if (m >= liveRows()) { return; }
  let id = ids[m];
  y[at] = select(${word}(), table[u32(max(id, 0)) * W + at % W], id >= 0);
}`,
  }];
});
