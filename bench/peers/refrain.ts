/** Refrain itself, measured the way its peers are: from the call to the result on the host. */
import { hostIndices, hostTensor } from "../../src/op/device.ts";
import { layer } from "../../src/model/layer.ts";
import { keyRanges } from "../../src/ops/attention.ts";
import { linear } from "../../src/ops/linear.ts";
import { norm } from "../../src/ops/norm.ts";
import { ropeTable } from "../../src/ops/rope.ts";
import { type GpuTensor, openWebGpu, type WebGpuDevice } from "../../kernels/mod.ts";
import type { EncoderTask, Peer, Run } from "./peer.ts";

function repeated(device: WebGpuDevice, once: () => GpuTensor): Run {
  return async (repeats) => {
    for (let repeat = 1; repeat < repeats; repeat++) once();
    return (await device.read({ y: once() })).y.data;
  };
}

function encoder(device: WebGpuDevice, { D, H, F, T, eps, theta, x, layers, norm: last }: EncoderTask): Run {
  const tensor = (data: Float32Array, width: number) =>
    device.from(hostTensor(data.length === width ? [width] : [data.length / width, width], data));
  const style = { norm: { kind: "layer", eps }, heads: { H, G: H, K: D / H }, unit: "gelu" } as const;
  const params = layers.map(({ attentionNorm, qkv, out, mlpNorm, gateUp, down }) => ({
    attentionNorm: tensor(attentionNorm, D),
    qkv: tensor(qkv, D),
    out: tensor(out, D),
    mlpNorm: tensor(mlpNorm, D),
    mlp: { gateUp: tensor(gateUp, D), down: tensor(down, F) },
  }));
  const rows = tensor(x, D);
  const weight = tensor(last, D);
  const offsets = device.from(hostIndices([0, T]));
  const positions = device.from(hostIndices(Int32Array.from({ length: T }, (_, t) => t)));
  const table = device.from(ropeTable(T, D / H, theta));
  return repeated(device, () => {
    const ranges = keyRanges(device, { offsets }, { M: T, causal: false, window: 0 });
    const view = { positions, offsets, ranges, table };
    const hidden = params.reduce((h, each) => layer(device, h, each, view, style).x, rows);
    return norm(device, hidden, weight, style.norm, offsets);
  });
}

/** Opens the adapter. */
export async function load(): Promise<Peer> {
  const device = await openWebGpu();
  return {
    name: "refrain",
    product: (size, x, w) => {
      const [a, b] = [x, w].map((data) => device.from(hostTensor([size, size], data)));
      return Promise.resolve(repeated(device, () => linear(device, a, b)));
    },
    encoder: (task) => Promise.resolve(encoder(device, task)),
  };
}
