import fc from "fast-check";
import { dotRowsOp, scaleRowsOp, scatterOp } from "../../src/ops/rows_grad.ts";
import { size } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";
import { ascending, someRows, width } from "./rows.ts";

/** Ascending lists, of which only a part may be live. */
export const scatter = casesOf(scatterOp, { sizes: someRows, inputs: { rows: ascending } });

/** Row count and width. */
const rows = fc.record({ M: size(140), D: width });

/** With and without dead rows. */
export const scaleRows = casesOf(scaleRowsOp, { sizes: rows });

/** With and without dead rows, rows longer than any group's lanes, and empty ones. */
export const dotRows = casesOf(dotRowsOp, {
  sizes: fc.oneof(
    { weight: 9, arbitrary: rows },
    { weight: 1, arbitrary: fc.record({ M: size(9), D: fc.constantFrom(1025, 4100) }) },
  ),
});
