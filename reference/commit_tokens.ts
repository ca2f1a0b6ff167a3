import { advanceLengthsOp, commitTokensOp, commitTopOp } from "../src/ops/commit_tokens.ts";
import { SLOT, STAGE } from "../src/ops/slots.ts";
import { defineReference, liveRows } from "./reference.ts";

/**
 * log[clock mod n, s] = (drawn[m], depth, logProbs[m], z[s]) for the slots s = rows[m] that draw, (−1, 0, 0, 0) for the
 * others; the clock has no sign. slots [P, 10+N], log [I, 4·P], drawn [M], logProbs [M, 1], z [P, 1].
 */
export const commitTokens = defineReference(
  commitTokensOp,
  ({ drawn, logProbs, z, rows, offsets }, { slots, log, clock }, { stops }) => {
    const [S, columns] = slots.shape;
    const line = (clock.data[0] >>> 0) % log.shape[0];
    for (let s = 0; s < S; s++) log.data.set([-1, 0, 0, 0], 4 * (line * S + s));

    for (let m = 0; m < liveRows(offsets, rows.shape[0]); m++) {
      const s = rows.data[m];
      const slot = slots.data.subarray(s * columns, (s + 1) * columns);
      if (slot[SLOT.stage] === STAGE.idle) continue;
      const entry = [drawn.data[m], slot[SLOT.depth], logProbs.data[m], z.data[s]];
      log.data.set(entry, 4 * (line * S + s));
      if (stops.includes(drawn.data[m]) || drawn.data[m] < 0 || slot[SLOT.length] + 2 >= slot[SLOT.limit]) {
        slot[SLOT.stage] = STAGE.idle;
      } else {
        slot[SLOT.length] += 1;
        slot[SLOT.depth] = 0;
      }
    }
    clock.data[0] += 1; // wraps
  },
);

/** top[clock mod n, s, j] = (ids[m, j], logProbs[m, j]), s = rows[m]. ids, logProbs [M, k], top [I, 2·P·k]. */
export const commitTop = defineReference(commitTopOp, ({ ids, logProbs, clock, rows, offsets }, { top }) => {
  const [M, k] = ids.shape, [lines, columns] = top.shape;
  const line = (clock.data[0] >>> 0) % lines;
  for (let m = 0; m < liveRows(offsets, M); m++) {
    for (let j = 0; j < k; j++) {
      top.data.set([ids.data[m * k + j], logProbs.data[m * k + j]], line * columns + 2 * (rows.data[m] * k + j));
    }
  }
});

/** slots[s, column] += offsets[s+1] − offsets[s]. slots [P, 10+N], offsets [P+1]. */
export const advanceLengths = defineReference(advanceLengthsOp, ({ offsets }, { slots }, { column }) => {
  const [S, columns] = slots.shape;
  for (let s = 0; s < S; s++) slots.data[s * columns + column] += offsets.data[s + 1] - offsets.data[s];
});
