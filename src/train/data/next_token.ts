/**
 * Batches of next-token prediction.
 *
 * @module
 */
import { type Batches, packBatch, type WindowOptions, windowsOf } from "./batches.ts";
import type { TokenReader } from "./reader.ts";

/**
 * Cuts a stream into windows of T labels; ids are the tokens one position earlier, starting with an end of text. Every
 * token, ends of texts included, is predicted exactly once an epoch. The last window may be shorter.
 *
 * Throws a RangeError when there are no tokens.
 */
export function nextTokenBatches(reader: TokenReader, options: WindowOptions): Batches {
  const { T } = options;
  const { windows, batches, at } = windowsOf(reader, T, options);
  const { endOfText, tokens, vocabulary: V } = reader;
  const sequence = async (window: number) => {
    const start = window * T;
    const read = await reader.read(Math.max(0, start - 1), Math.min(start + T, tokens));
    const span = start === 0 ? [endOfText, ...read] : read;
    return { ids: span.slice(0, -1), labels: span.slice(1) };
  };
  return {
    windows,
    batches,
    async batch(step) {
      return packBatch(await Promise.all(at(step).map(sequence)), options, V);
    },
  };
}
