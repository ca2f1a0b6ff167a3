import { countOp } from "../../../src/ops/sample.ts";
import { defineKernel } from "../../host/kernel.ts";
import { each } from "../each.ts";

/** seen[rows[b], ids[b]] += 1 for the live b with a token. */
export const count = defineKernel(countOp, ({ inputs: { seen, ids, rows, offsets } }) => {
  const live = offsets ? "if (i32(b) >= offsets[sizes.LAST]) { return; }" : "";
  const row = rows ? "u32(rows[b])" : "b";
  const statements = `${live}\n  if (ids[b] < 0) { return; }\n  seen[${row} * sizes.V + u32(ids[b])] += 1;`;
  return each("count", ids.shape[0], statements, { V: seen.shape[1], ...(offsets && { LAST: offsets.shape[0] - 1 }) });
});
