import { fitCapacityOp, routeTokensOp } from "../src/ops/route_tokens.ts";
import { SLOT, STAGE } from "../src/ops/slots.ts";
import { defineReference, liveRows } from "./reference.ts";

/**
 * Counts the recursion that ran, or begins at depth 0; then r = depth, and the token goes on if r = 0 or if r < min(N, cap,
 * chosen), decisions[m, r] ≥ 0 and rows_r < pages·recursionRows_r. slots [P, 10+N], z [P, 1], scores, auxiliary [M, N].
 */
export const routeTokens = defineReference(
  routeTokensOp,
  ({ rows, offsets, clock, scores, auxiliary, experts, weights }, { slots, z }, { layout, ran }) => {
    const N = layout.recursionRows.length;
    const decisions = auxiliary ?? scores;
    for (let m = 0; m < liveRows(offsets, rows.shape[0]); m++) {
      const s = rows.data[m];
      const slot = slots.data.subarray(s * (SLOT.rows + N), (s + 1) * (SLOT.rows + N));
      const before = slot[SLOT.stage];
      if (before === STAGE.idle) continue;

      if (ran) {
        const ended = slot[SLOT.depth];
        if (ended < N && (ended === 0 || !layout.share)) slot[SLOT.rows + ended] += 1;
        slot[SLOT.depth] = ended + 1;
      } else {
        slot[SLOT.depth] = 0;
        slot[SLOT.chosen] = experts ? experts.data[m] + 1 : N;
      }

      const r = slot[SLOT.depth];
      const may = r < Math.min(N, slot[SLOT.cap], slot[SLOT.chosen]);
      const wants = !decisions || decisions.data[m * N + r] >= 0;
      const fits = layout.share || slot[SLOT.rows + r] < slot[SLOT.pages] * layout.recursionRows[r];
      if (r === 0 || (may && wants && fits)) {
        slot[SLOT.stage] = STAGE.block;
        if (scores) z.data[s] = scores.data[m * N + r];
        if (weights && !ran) z.data[s] = weights.data[m];
      } else {
        slot[SLOT.stage] = STAGE.left;
      }
      if (!ran || slot[SLOT.stage] !== before) slot[SLOT.since] = clock.data[0];
    }
  },
);

/** The first pages·recursionRows_r − rows_r of each slot's rows. slots [P, 10+N], rows [M], offsets [P+1]. */
export const fitCapacity = defineReference(
  fitCapacityOp,
  ({ slots, rows, offsets }, { fitting, kept }, { layout, recursion: r }) => {
    const [S, columns] = slots.shape;
    for (let s = 0; s < S; s++) {
      const slot = slots.data.subarray(s * columns, (s + 1) * columns);
      const room = Math.max(0, slot[SLOT.pages] * layout.recursionRows[r] - slot[SLOT.rows + r]);
      const first = rows.data.subarray(offsets.data[s], Math.min(offsets.data[s] + room, offsets.data[s + 1]));
      fitting.data.set(first, kept.data[s]);
      kept.data[s + 1] = kept.data[s] + first.length;
    }
  },
);
