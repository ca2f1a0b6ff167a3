/**
 * What objectives check of a batch, and how they choose the tables of its positions.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../op/device.ts";
import { isId, lengthsOf } from "../model/batch.ts";
import type { RopeTables } from "../model/rope_tables.ts";
import type { Tensor } from "../op/op.ts";
import { NO_LABEL, type TrainingBatch } from "./data/batches.ts";

/** Throws a RangeError for more rows than there is room for, and an id or label outside a vocabulary of V. */
export function checkBatch({ rows: { ids }, labels }: TrainingBatch, V: number, room = Infinity): void {
  const { length } = labels.data;
  if (length > room) throw new RangeError(`Cannot train on ${length} rows: there is room for ${room}`);
  const check = (what: string, { data }: HostTensor, none?: number) => {
    const row = data.findIndex((id) => !isId(id, V) && id !== none);
    if (row < 0) return;
    throw new RangeError(`Cannot run the batch: ${what} ${data[row]} of row ${row} is outside the vocabulary of ${V}`);
  };
  check("id", ids);
  check("label", labels, NO_LABEL);
}

const PREFIX = "positions.";

/**
 * An input whose name tells the positions that sequences use; inputs of other names make another program, with larger
 * tables.
 *
 * Throws a RangeError for a sequence of more tokens than a table has positions.
 */
export function positionsInput<T extends Tensor>(
  tables: readonly RopeTables<T>[],
  { rows }: TrainingBatch,
): Record<string, HostTensor> {
  const longest = Math.max(0, ...lengthsOf(rows));
  const most = Math.min(...tables.map(({ maxPositions }) => maxPositions));
  if (longest > most) {
    throw new RangeError(`Cannot run the batch: a sequence has ${longest} tokens, ${most} positions is the most`);
  }
  const positions = Math.max(...tables.map((each) => each.rows(longest)));
  return { [`${PREFIX}${positions}`]: hostIndices([positions]) };
}

/** The tables for the positions that {@link positionsInput} tells. */
export function tablesFor<T extends Tensor>(tables: readonly RopeTables<T>[], named: Readonly<Record<string, T>>): T[] {
  const name = Object.keys(named).find((key) => key.startsWith(PREFIX))!;
  return tables.map((each) => each.upTo(Number(name.slice(PREFIX.length))));
}
