/**
 * Load and memory of an engine.
 *
 * @module
 */
import type { HostTensor } from "../../op/device.ts";
import { SLOT } from "../../ops/slots.ts";
import type { EngineStatus } from "./api.ts";
import { pageBytes } from "./kv_layout.ts";
import type { Request } from "./request.ts";
import type { Scheduler } from "./scheduler.ts";
import type { EngineState } from "./state.ts";

/** The status of an engine with some counts since its beginning; `table` is the table of slots as it was last read. */
export function statusOf(
  { layout }: Pick<EngineState, "layout">,
  { slots, waiting }: Scheduler,
  table: HostTensor | undefined,
  counts: Pick<EngineStatus, "steps" | "tokens" | "depths">,
): EngineStatus {
  const bytes = pageBytes(layout), columns = SLOT.rows + layout.recursionRows.length;
  const wanted = (list: readonly (Request | undefined)[]) =>
    list.filter((request) => request && !request.stream.over).length;
  const rows = (column: number) =>
    slots.reduce((sum, request, s) => sum + (request ? table?.data[s * columns + column] ?? 0 : 0), 0);
  return {
    running: wanted(slots),
    waiting: wanted(waiting),
    ...counts,
    cacheBytes: layout.pages * bytes.reduce((sum, part) => sum + part, 0),
    outerBytesInUse: rows(SLOT.length) * layout.outer.length * layout.rowBytes,
    bytesInUse: layout.recursionRows.map((_, r) =>
      bytes[r + 1] ? rows(SLOT.rows + r) * layout.block * layout.rowBytes : 0
    ),
  };
}
