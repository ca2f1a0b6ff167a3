// How many dispatches a layer costs: the number that decides the speed of small steps.
import { assert, assertEquals } from "@std/assert";
import type { HostTensor } from "../../src/op/device.ts";
import { packRows } from "../../src/model/batch.ts";
import { decode } from "../../src/model/decoder.ts";
import { type DecoderParams, decoderSchema } from "../../src/model/decoder_schema.ts";
import { ropeTable } from "../../src/ops/rope.ts";
import { upload } from "../../src/model/upload.ts";
import { cachesFor } from "../../cli/conformance/cached.ts";
import { decodeCached } from "../../src/infer/engine/prefill.ts";
import type { GpuTensor, WebGpuDevice } from "../../kernels/mod.ts";
import { everyVariant, gpuTest } from "../support/gpu.ts";
import { smallDecoder, someIds, spreadWeights } from "../support/models.ts";

function dispatches(device: WebGpuDevice, json: object, tokens: number, cached = false): number {
  const config = smallDecoder(json as never);
  const host = spreadWeights<DecoderParams<HostTensor>>(decoderSchema(config), 1);
  const params = upload<GpuTensor, DecoderParams<GpuTensor>>(device, decoderSchema(config), host);
  const { ids, positions, offsets } = packRows([someIds(1, tokens)], config);
  const table = device.from(ropeTable(64, config.K, config.rope));
  const rows = { ids: device.from(ids), positions: device.from(positions), offsets: device.from(offsets) };
  const { hidden } = cached
    ? decodeCached(params, cachesFor({ device, config }, [63]), { ...rows, table })
    : decode(device, params, config, { ...rows, table });
  const program = device.plan([hidden]);
  const count = program.dispatches.length;
  program.dispose();
  return count;
}

gpuTest("a decoder layer takes at most 9 dispatches, whatever the variant and the number of rows", async (shared) => {
  for (const device of everyVariant(shared)) {
    for (const tokens of [1, 7, 60]) {
      const [three, four] = [3, 4].map((layers) => dispatches(device, { num_hidden_layers: layers }, tokens));
      assert(four - three <= 9, `${four - three} dispatches a layer at ${tokens} tokens`);
    }
  }
  await Promise.resolve();
});

gpuTest(
  "decoding takes 7 dispatches a layer on GPUs, and 6 where gated units are made with their projections",
  async (shared) => {
    for (const device of everyVariant(shared)) {
      const [three, four] = [3, 4].map((layers) => dispatches(device, { num_hidden_layers: layers }, 1, true));
      assertEquals(four - three, device.adapter.family === "cpu" ? 6 : 7);
    }
    await Promise.resolve();
  },
);

gpuTest("a shared layer costs no more than its own: KV sharing computes queries only", async (device) => {
  const recursion = (kv: string) => ({ recursion: { sharing: "middle_cycle", num_recursions: 3, kv } });
  assertEquals(dispatches(device, recursion("share"), 7), dispatches(device, recursion("recursion"), 7));
  await Promise.resolve();
});
