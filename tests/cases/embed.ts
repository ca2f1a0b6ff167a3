import fc from "fast-check";
import { hostIndices } from "../../src/op/device.ts";
import { indices, maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Ids of a table's rows and of rows beside it, with repetitions; dead rows hold ids that are in no table. */
export const embed = fc.tuple(size(130), size(70, 1), size(70), size(9)).chain(([M, V, J, from]) =>
  fc.record({
    ids: indices(M, 0, V - 1 + 2 * from),
    table: tensor([V, J]),
    offsets: maybe(offsets(M)),
  }).map(({ ids, table, offsets }) => {
    const live = liveElements(M, 1, offsets);
    const mixed = hostIndices(ids.data.map((id, m) => m < live ? id : 2 ** 31 - 1 - id));
    return { inputs: { ids: mixed, table, offsets }, params: { from }, live: live * J };
  })
);
