/**
 * What objectives check of a batch, and how they choose the tables of its positions.
 *
 * @module
 */
import { hostIndices, type HostTensor } from "../device.ts";
import { isId } from "../model/batch.ts";
import type { RopeTables } from "../model/rope_tables.ts";
import type { Tensor } from "../op.ts";
import { NO_LABEL, type TrainingBatch } from "./data/batches.ts";

/** Throws a RangeError for an id or label of a batch outside a vocabulary of V. */
export function checkBatch({ rows: { ids }, labels }: TrainingBatch, V: number): void {
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
  { rows: { offsets: { data } } }: TrainingBatch,
): Record<string, HostTensor> {
  let longest = 0;
  for (let b = 0; b + 1 < data.length; b++) longest = Math.max(longest, data[b + 1] - data[b]);
  const most = Math.min(...tables.map(({ maxPositions }) => maxPositions));
  if (longest > most) {
    throw new RangeError(`Cannot run the batch: a sequence has ${longest} tokens, ${most} positions is the most`);
  }
  const rows = Math.max(...tables.map((each) => each.upTo(longest).shape[0]));
  return { [`${PREFIX}${rows}`]: hostIndices([rows]) };
}

/** The tables for the positions that {@link positionsInput} tells. */
export function tablesFor<T extends Tensor>(tables: readonly RopeTables<T>[], named: Readonly<Record<string, T>>): T[] {
  const name = Object.keys(named).find((key) => key.startsWith(PREFIX))!;
  return tables.map((each) => each.upTo(Number(name.slice(PREFIX.length))));
}
