/**
 * Logits of a step on the host, changed by the processors of their requests.
 *
 * @module
 */
import { isList } from "../../common/options.ts";
import { show } from "../../common/words.ts";
import type { LogitsProcessor } from "../generate_options.ts";
import type { Request } from "./request.ts";
import type { ListedLogits } from "./state.ts";

/** Applies a processor to a row of logits. Throws what it throws, and a RangeError for other than V numbers. */
function process(row: Float32Array, ids: readonly number[], processor: LogitsProcessor): void {
  const changed = processor(row, ids);
  if (changed === undefined) return;
  if (!isList(changed) || changed.length !== row.length) {
    const found = isList(changed) ? `${changed.length} logits` : show(changed);
    throw new RangeError(`Cannot generate: logitsProcessor returned ${found}, expected ${row.length} numbers`);
  }
  row.set(changed);
}

/** Changes the logits of requests in slots in place; an error of a processor ends its request. */
export function processLogits({ logits, rows, kept }: ListedLogits, slots: readonly (Request | undefined)[]): void {
  const V = logits.shape[1];
  for (const [m, slot] of Array.from(rows.data.subarray(0, kept.data[1])).entries()) {
    const { stream } = slots[slot] ?? {}, processor = stream?.options.processor;
    if (!stream || !processor || stream.over) continue;
    try {
      process(logits.data.subarray(m * V, (m + 1) * V) as Float32Array, [...stream.ids], processor);
    } catch (error) {
      stream.fail(error);
    }
  }
}
