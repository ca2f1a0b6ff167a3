import { embedOp } from "../../src/ops/embed.ts";
import { defineKernel } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";
import { wordsOf } from "../wgsl/words.ts";

/** y[m] = table[ids[m] − from], zero outside of the table; words are copied as bits. */
export const embed = defineKernel(embedOp, ({ inputs: { ids, table, offsets }, params: { from = 0 } }) => {
  const [V, J] = table.shape;
  const { W, bits } = wordsOf(J);
  return [perWord({
    label: "embed",
    ...{ rows: ids.shape[0], offsets, each: W },
    sizes: { V, FROM: from },
    elements: { table: bits, y: bits },
    statements: /* wgsl */ `
  let v = u32(ids[m]) - sizes.FROM; // wraps below the first id of the table
  var word = ${bits}();
  if (v < sizes.V) { word = table[v * EACH + w]; }
  y[at] = word;`,
  })];
});
