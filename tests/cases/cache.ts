import fc from "fast-check";
import { hostIndices } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { cacheWriteOp } from "../../src/ops/cache.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";
import { list, width } from "./rows.ts";

/** Rows in any order, some of them negative, of which only a part may be live; floats and whole numbers. */
export const cacheWrite = fc.boolean().chain((whole) => {
  const typed = (shape: Shape) =>
    tensor(shape).map((host) => whole ? hostIndices(host.data.map((value) => Math.trunc(1e6 * value)), shape) : host);
  return casesOf(cacheWriteOp, {
    sizes: fc.tuple(size(140), fc.nat(), width).map(([C, some, D]) => ({ C, M: some % (C + 1), D })),
    inputs: {
      cache: typed,
      x: typed,
      rows: ([M], { sizes: { C }, live }) =>
        fc.tuple(
          fc.shuffledSubarray(Array.from({ length: C }, (_, row) => row), { minLength: M, maxLength: M }),
          fc.array(fc.nat(3), { minLength: M, maxLength: M }),
        ).map(([rows, skipped]) => list(rows.map((row, m) => skipped[m] ? row : -1 - row), live)),
    },
  });
});
