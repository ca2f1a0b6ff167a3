import { advanceOp } from "../../../src/ops/sample.ts";
import { defineKernel } from "../../host/kernel.ts";

const LANES = 64;

/** One work group, because the place in the list may only move on when every sequence has read it. */
export const advance = defineKernel(advanceOp, ({ inputs: { list }, params: { stops, limit, restart } }) => {
  const [n, B] = list.shape;
  const ends = stops.map((stop) => `token == ${stop}`).concat("token < 0", `grown[b] + 1 >= ${limit}`).join(" || ");
  const end = restart === undefined
    ? "ended[b] = 1;"
    : `ids[b] = ${restart}; lengths[b] = 0; seeds[b] += i32(sizes.B);`;
  return [{
    label: "advance",
    sizes: { B, n },
    workgroups: [1, 1, 1],
    lanes: LANES,
    wgsl: /* wgsl */ `
fn run(group: u32, lane: u32) {
  let line = u32(at[0]);
  for (var b = lane; b < sizes.B; b += ${LANES}) {
    let token = drawn[b];
    list[line * sizes.B + b] = select(token, -1, ended[b] != 0);
    if (ended[b] != 0) { continue; }
    if (${ends}) {
      ${end}
    } else {
      ids[b] = token;
      lengths[b] = grown[b];
    }
  }
  storageBarrier();
  if (lane == 0) { at[0] = i32((line + 1) % sizes.n); }
}`,
  }];
});
