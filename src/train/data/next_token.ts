/**
 * Batches of next-token prediction.
 *
 * @module
 */
import { hostIndices } from "../../device.ts";
import { packRows } from "../../model/batch.ts";
import { type Batches, NO_LABEL, type WindowOptions, windowsOf } from "./batches.ts";
import type { TokenReader } from "./reader.ts";

/**
 * Cuts a stream into windows of T labels; the ids are the tokens one place before, and an end of text before the first.
 * So every token, ends of texts included, is predicted exactly once an epoch.
 *
 * Throws a RangeError when there are no tokens.
 */
export function nextTokenBatches(reader: TokenReader, options: WindowOptions): Batches {
  const { T } = options;
  const { windows, batches, at } = windowsOf(reader, T, options);
  const { endOfText, tokens, vocabulary: V } = reader;
  /** T + 1 tokens from the one before a window; what is missing at either end is `undefined`. */
  const span = async (window: number | undefined) => {
    if (window === undefined) return [];
    const start = window * T;
    const read = await reader.read(Math.max(0, start - 1), Math.min(start + T, tokens));
    return start === 0 ? [endOfText, ...read] : read;
  };
  return {
    windows,
    batches,
    async batch(step) {
      const spans = await Promise.all(at(step).map(span));
      const labels = spans.flatMap((span) => Array.from({ length: T }, (_, t) => span[t + 1] ?? NO_LABEL));
      const ids = spans.map((span) => Array.from({ length: T }, (_, t) => span[t] ?? endOfText));
      const targets = labels.filter((label) => label !== NO_LABEL).length;
      return { rows: packRows(ids, { V, maxPositions: T }), labels: hostIndices(Int32Array.from(labels)), targets };
    },
  };
}
