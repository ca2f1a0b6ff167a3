/**
 * The logits of a decoder once more, fed token by token through caches.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import { type Batch, cutRows, packRows } from "../../src/model/batch.ts";
import { decode, headLogits } from "../../src/model/decoder.ts";
import type { Tensor } from "../../src/op/op.ts";
import { Caches } from "../../src/infer/caches.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";

/** Their name; they are compared with the recorded `infer.logits`. */
export const CACHED_LOGITS = "infer.logits, cached";

/** Logits of all rows, sequences one after the other, [M, V]; all sequences take each step together. */
export async function cachedLogits(
  { device, params, config, tables }: DecoderModel,
  sequences: readonly (readonly number[])[],
): Promise<HostTensor> {
  const lengths = sequences.map(({ length }) => length);
  const longest = Math.max(...lengths);
  const batch = packRows(sequences, config);
  const caches = new Caches(device, config, sequences.length, longest), table = tables.upTo(longest);
  const step = device.compile((rows: Record<keyof Batch, Tensor>) => {
    const outputs = decode(device, params, config, { ...rows, table, cache: caches });
    caches.settle(outputs);
    return { logits: headLogits(device, params, outputs.hidden, rows.offsets) };
  });
  const shape = [batch.ids.shape[0], config.V];
  let data: HostTensor["data"] | undefined;
  for (let t = 0; t < longest; t++) {
    const [from, to] = [t, t + 1].map((end) => lengths.map((length) => Math.min(length, end)));
    const rows = cutRows(batch, from, to);
    const { logits } = await step({ ...rows });
    data ??= new (logits.data.constructor as Float32ArrayConstructor)(shape[0] * config.V);
    for (const b of sequences.keys()) {
      if (to[b] === from[b]) continue;
      const [row, place] = [rows.offsets.data[b], batch.offsets.data[b] + t];
      data.set(logits.data.subarray(row * config.V, (row + 1) * config.V), place * config.V);
    }
  }
  caches.dispose();
  return { shape, data: data! };
}
