/**
 * Recomputes the logits of a decoder token by token with the caches of an engine.
 *
 * @module
 */
import { hostIndices, type HostTensor, type HostTensors } from "../../src/op/device.ts";
import { type Batch, cutRows, packRows } from "../../src/model/batch.ts";
import { headLogits } from "../../src/model/decoder.ts";
import type { Tensor } from "../../src/op/op.ts";
import { cacheWrite } from "../../src/ops/cache.ts";
import { SLOT } from "../../src/ops/slots.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { fittingLayout, pagesFor } from "../../src/infer/engine/kv_layout.ts";
import { decodeCached } from "../../src/infer/engine/prefill.ts";
import { EngineState } from "../../src/infer/engine/state.ts";

/** Their name; they are compared with the recorded `infer.logits`. */
export const CACHED_LOGITS = "infer.logits, cached";

/** Empty caches for sequences of some lengths, one a slot. */
export function cachesFor<T extends Tensor>(
  { device, config }: Pick<DecoderModel<T>, "device" | "config">,
  lengths: readonly number[],
): EngineState<T> {
  const layout = fittingLayout(config, lengths.map((length) => length + 1)); // all of their tokens are cached
  const state = new EngineState(device, config, layout, lengths.length, 1);
  const [S, columns] = state.slots.shape, table = new Int32Array(S * columns);
  lengths.reduce((start, length, s) => {
    const pages = pagesFor(layout, length + 1);
    table[s * columns + SLOT.firstPage] = start;
    table[s * columns + SLOT.pages] = pages;
    return start + pages;
  }, 0);
  const fill = device.compile<HostTensors<"x" | "rows">>((inputs) => {
    cacheWrite(device, { cache: state.slots, ...inputs });
    return {};
  });
  fill.start({ x: hostIndices(table, [S, columns]), rows: hostIndices(Array.from({ length: S }, (_, s) => s)) });
  fill.dispose();
  return state;
}

/** Logits of all rows, sequences one after the other, [M, V]; all sequences take each step together. */
export async function cachedLogits(
  model: DecoderModel,
  sequences: readonly (readonly number[])[],
): Promise<HostTensor> {
  const { device, params, config, tables } = model;
  const lengths = sequences.map(({ length }) => length);
  const longest = Math.max(...lengths);
  const batch = packRows(sequences, config);
  const state = cachesFor(model, lengths), table = tables.upTo(longest);
  const step = device.compile<Batch, HostTensors<"logits">>((rows) => {
    const { hidden } = decodeCached(params, state, { ...rows, table });
    return { logits: headLogits(device, params, hidden, rows.offsets) };
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
  step.dispose();
  state.dispose();
  return { shape, data: data! };
}
