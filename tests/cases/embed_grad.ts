import fc from "fast-check";
import { hostIndices, hostTensor } from "../../src/op/device.ts";
import { embedGradOp } from "../../src/ops/embed_grad.ts";
import { indices, size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/**
 * Tables of a block, of several, and small ones whose rows are met often. Ids of a table's rows and of rows beside it, with
 * repetitions; dead rows hold ids of the table or of none, and no numbers.
 */
export const embedGrad = casesOf(embedGradOp, {
  sizes: { M: size(260), V: fc.oneof(size(9, 1), size(600, 1)), J: size(140), from: size(9) },
  inputs: {
    ids: ([M], { sizes: { V, from }, live }) =>
      fc.tuple(indices(M, 0, V - 1 + 2 * from), fc.boolean()).map(([{ data }, outside]) =>
        hostIndices(Array.from(data, (id, m) => m < live || !outside ? id : 2 ** 31 - 1 - id))
      ),
    dy: (shape, { live }) =>
      tensor(shape).map(({ data }) =>
        hostTensor(shape, (data as Float32Array).map((value, i) => i < live * shape[1] ? value : NaN))
      ),
  },
});
