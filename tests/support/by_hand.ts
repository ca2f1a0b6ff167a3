/**
 * A recursive decoder with three recursions of two layers, written out by hand over all rows.
 *
 * @module
 */
import type { HostTensor } from "../../src/op/device.ts";
import { packRows } from "../../src/model/batch.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import { decoderStyle } from "../../src/model/decoder.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import { layer } from "../../src/model/layer.ts";
import { keyRanges } from "../../src/ops/attention.ts";
import { embed } from "../../src/ops/embed.ts";
import { norm } from "../../src/ops/norm.ts";
import { ropeTable } from "../../src/ops/rope.ts";
import { scatterAdd } from "../../src/ops/rows.ts";
import { upload } from "../../src/model/upload.ts";
import type { ReferenceDevice, RefTensor } from "../../reference/mod.ts";

/** First layer, three times x + gate·block(x) on every row (gate 1 unless given, [M] a recursion), last layer, norm. */
export function recursionByHand(
  backend: ReferenceDevice,
  config: DecoderConfig,
  host: DecoderParams<HostTensor>,
  ids: number[],
  gates?: readonly Float64Array[],
): RefTensor {
  const params = upload<RefTensor, DecoderParams<RefTensor>>(backend, decoderSchema(config), host);
  const batch = packRows([ids], config);
  const [positions, offsets] = [backend.from(batch.positions), backend.from(batch.offsets)];
  const table = backend.from(ropeTable(config.maxPositions, config.K, config.rope));
  const style = decoderStyle(config);
  const ranges = keyRanges(backend, { offsets }, { M: ids.length, causal: true, window: 0 });
  const view = { positions, offsets, ranges, table };
  const outer = (x: RefTensor, u: number) => layer(backend, x, params.layers[u], view, style).x;
  let x = outer(embed(backend, backend.from(batch.ids), params.embedding), 0);
  const first = new Map<number, RefTensor>();
  for (let r = 0; r < 3; r++) {
    let y = x;
    for (const u of [1, 2]) {
      const kv = config.recursion.kv === "share" ? first.get(u) : undefined;
      const ran = layer(backend, y, params.layers[u], { ...view, shared: kv && { kv } }, style);
      if (r === 0) first.set(u, ran.kv);
      y = ran.x;
    }
    const gate = gates && backend.from({ shape: [ids.length, 1], data: gates[r] });
    x = scatterAdd(backend, { x, y, gates: gate });
  }
  return norm(backend, outer(x, 3), params.norm, style.norm);
}
