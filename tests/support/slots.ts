import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import { SLOT } from "../../src/ops/slots.ts";

/** Columns of a slot by name, zero where nothing is said, and rows cached by recursion. */
export type SlotColumns = { readonly [Name in Exclude<keyof typeof SLOT, "rows">]?: number } & {
  readonly rows?: readonly number[];
};

/** A table of slots of N recursions. */
export function slotTable(N: number, slots: readonly SlotColumns[]): HostTensor {
  const table = slots.map(({ rows = [], ...columns }) => {
    const row = new Array<number>(SLOT.rows + N).fill(0);
    for (const [name, value] of Object.entries(columns)) row[SLOT[name as keyof typeof SLOT]] = value;
    rows.forEach((count, r) => row[SLOT.rows + r] = count);
    return row;
  });
  return hostIndices(table.flat(), [slots.length, SLOT.rows + N]);
}
