import { hostIndices } from "../../src/op/device.ts";
import { embedOp } from "../../src/ops/embed.ts";
import { indices, size } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Ids of a table's rows and of rows beside it, with repetitions; dead rows hold ids that are in no table. */
export const embed = casesOf(embedOp, {
  sizes: { M: size(130), V: size(70, 1), J: size(70), from: size(9) },
  inputs: {
    ids: ([M], { sizes: { V, from }, live }) =>
      indices(M, 0, V - 1 + 2 * from).map(({ data }) =>
        hostIndices(Array.from(data, (id, m) => m < live ? id : 2 ** 31 - 1 - id))
      ),
  },
});
