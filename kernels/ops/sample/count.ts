import { countOp } from "../../../src/ops/sample.ts";
import { defineKernel } from "../../host/kernel.ts";
import { perWord } from "../../wgsl/launch.ts";

/** seen[rows[b], ids[b]] += 1 for the live b with a token. */
export const count = defineKernel(countOp, ({ inputs: { seen, ids, rows, offsets } }) => [perWord({
  label: "count",
  ...{ rows: ids.shape[0], offsets },
  sizes: { V: seen.shape[1] },
  statements: `if (ids[m] >= 0) { seen[${rows ? "u32(rows[m])" : "m"} * sizes.V + u32(ids[m])] += 1; }`,
})]);
