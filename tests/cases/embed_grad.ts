import fc from "fast-check";
import { hostIndices, hostTensor } from "../../src/op/device.ts";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Tables of a block, of several, and small ones whose rows are met often. */
const sizes = fc.tuple(size(260), fc.oneof(size(9, 1), size(600, 1)), size(140), size(9));

/** Ids of a table's rows and of rows beside it, with repetitions; dead rows hold ids of the table or of none, and no numbers. */
export const embedGrad = sizes.chain(([M, V, J, from]) =>
  fc.record({
    ids: indices(M, 0, V - 1 + 2 * from),
    dy: tensor([M, J]),
    offsets: maybe(offsets(M)),
    outside: fc.boolean(),
  }).map(({ ids, dy, offsets, outside }) => {
    const live = liveElements(M, 1, offsets);
    const mixed = hostIndices(ids.data.map((id, m) => m < live || !outside ? id : 2 ** 31 - 1 - id));
    const numbers = hostTensor(dy.shape, dy.data.map((value, i) => i < live * J ? value : NaN));
    return { inputs: { ids: mixed, dy: numbers, offsets }, params: { V, from } };
  })
);
