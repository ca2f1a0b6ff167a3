import { countOp, deepenOp, settleOp } from "../src/ops/state.ts";
import { defineReference } from "./reference.ts";

/** lengths[b] = grown[b], or 0 where leading[b] = 0. */
export const settle = defineReference(settleOp, {
  run({ grown, leading }, { lengths }) {
    const [B] = lengths.shape;
    for (let b = 0; b < B; b++) lengths.data[b] = leading?.data[b] === 0 ? 0 : grown.data[b];
  },

  /** Whole numbers only. */
  bound: () => ({}),
});

/** deeper[b] = depth[b] + 1 where the last of b's rows kept is the last of all its rows, else depth[b]. */
export const deepen = defineReference(deepenOp, {
  run({ offsets, rows, kept, depth }, { deeper }) {
    const [B] = deeper.shape;
    for (let b = 0; b < B; b++) {
      const some = kept.data[b + 1] > kept.data[b];
      const ran = some && rows.data[kept.data[b + 1] - 1] === offsets.data[b + 1] - 1;
      deeper.data[b] = (depth ? depth.data[b] : 1) + Number(ran);
    }
  },

  /** Small whole numbers, which floats hold exactly. */
  bound: (_, { deeper }) => ({ deeper: new Float64Array(deeper.data.length) }),
});

/** seen[b, ids[b]] += 1. */
export const count = defineReference(countOp, {
  run({ ids }, { seen }) {
    const [B, V] = seen.shape;
    for (let b = 0; b < B; b++) seen.data[b * V + ids.data[b]] += 1;
  },

  /** Whole numbers only. */
  bound: () => ({}),
});
