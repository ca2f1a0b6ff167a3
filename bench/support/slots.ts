import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import { SLOT, STAGE } from "../../src/ops/slots.ts";
import { steps } from "./inputs.ts";

/** S slots of N recursions whose sequences go on for longer than a bench does. */
export function fullTable(S: number, N: number): HostTensor {
  const columns = SLOT.rows + N;
  const table = new Int32Array(S * columns);
  for (let s = 0; s < S; s++) {
    const slot = table.subarray(s * columns, (s + 1) * columns);
    slot[SLOT.stage] = STAGE.block;
    slot[SLOT.limit] = 2 ** 30;
    slot[SLOT.cap] = slot[SLOT.chosen] = N;
  }
  return hostIndices(table, [S, columns]);
}

/** The list of all S slots, in place and live. */
export function listOf(S: number): { rows: HostTensor; offsets: HostTensor } {
  return { rows: steps(S), offsets: hostIndices([0, S]) };
}

/** The clock at its beginning. */
export const now: HostTensor = hostIndices([0]);
