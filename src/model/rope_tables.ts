/**
 * RoPE's tables on a device, as large as the positions in use: a configuration's `max_position_embeddings` costs nothing.
 *
 * @module
 */
import type { Device, HostTensor } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";

/** Rows of the smallest table, where there are so many positions. */
const LEAST_ROWS = 512;

/**
 * Tables of powers of two rows, made when positions need them. A table stays until disposal, as recorded programs hold
 * it; all tables together have less than twice the rows of the largest.
 *
 * ```ts
 * import { ReferenceDevice } from "@refrain/transformers/reference";
 * import { RopeTables } from "@refrain/transformers/model";
 * import { ropeTable } from "@refrain/transformers/ops";
 * await using device = new ReferenceDevice();
 * const tables = new RopeTables(device, 2 ** 31 - 1, (rows) => ropeTable(rows, 64, { theta: 10000 }));
 * tables.upTo(700).shape; // [1024, 64]
 * tables.dispose();
 * ```
 */
export class RopeTables<T extends Tensor = Tensor> {
  readonly #tables = new Map<number, T>();

  /** Without tables yet; `make` gives the first rows of the whole table, [rows, K]. */
  constructor(
    readonly device: Device<T>,
    readonly maxPositions: number,
    readonly make: (rows: number) => HostTensor,
  ) {}

  /** Rows of the table for positions below a number: a power of two, never more than there are positions. */
  rows(positions: number): number {
    return Math.min(this.maxPositions, Math.max(LEAST_ROWS, 2 ** Math.ceil(Math.log2(positions))));
  }

  /** The table for positions below a number, [rows, K]; one that the device has no room for is made again next time. */
  upTo(positions: number): T {
    const rows = this.rows(positions);
    const found = this.#tables.get(rows);
    if (found) return found;
    const table = this.device.from(this.make(rows));
    this.#tables.set(rows, table);
    this.device.ready([table]).catch(() => {
      this.#tables.delete(rows);
      this.device.free(table);
    });
    return table;
  }

  /** Frees all tables. */
  dispose(): void {
    for (const table of this.#tables.values()) this.device.free(table);
    this.#tables.clear();
  }
}
