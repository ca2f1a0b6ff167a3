// Long loops: lavapipe ends the loops of an invocation after 65,535 rounds, all of them together, and says nothing.
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import type { Inputs, Op } from "../src/op/op.ts";
import { attentionOp } from "../src/ops/attention.ts";
import { attentionGradKvOp } from "../src/ops/attention_grad.ts";
import { crossEntropyOp, loadBalanceLossOp, meanOp } from "../src/ops/losses.ts";
import { countChoicesOp, sumSquaresOp } from "../src/ops/optimizer.ts";
import { poolOp } from "../src/ops/pool.ts";
import { selectThresholdOp } from "../src/ops/select.ts";
import { normals } from "../src/common/random.ts";
import { worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

const random = (shape: number[]): HostTensor => ({ shape, data: normals(7, shape.reduce((a, b) => a * b, 1)) });
const some = (shape: number[], below: number): HostTensor => ({
  shape,
  data: Int32Array.from({ length: shape[0] }, (_, i) => i * 7919 % below),
});

function long<I extends string, O extends string, P>(
  op: Op<I, O, P>,
  inputs: Inputs<I, HostTensor>,
  params: P,
  live?: Readonly<Record<string, number>>,
): void {
  const shapes = Object.values<HostTensor | undefined>(inputs).map((tensor) => `[${tensor?.shape}]`).join(" ");
  gpuTest(`${op.name} of ${shapes}: no loop is cut short, whatever the variant`, async (device) => {
    for (const variant of everyVariant(device)) await worstRatio(variant, op, { inputs, params, live });
  });
}

const everyKey = (M: number, N: number) => hostIndices(Array.from({ length: 2 * M }, (_, i) => i % 2 * N), [M, 2]);
for (const [M, N, K] of [[9, 700, 50], [9, 300, 132], [2, 3000, 64], [20, 3000, 64]]) {
  const inputs = { q: random([M, K]), kv: random([N, 2 * K]), ranges: everyKey(M, N) };
  long(attentionOp, inputs, { H: 1, G: 1, K });
}
{
  const kv = random([70_000, 24]);
  kv.data.fill(100, 24 * 69_000); // without the last keys the mean is another one by far
  long(attentionOp, { q: hostTensor([1, 12], new Float32Array(12)), kv, ranges: everyKey(1, 70_000) }, {
    H: 1,
    G: 1,
    K: 12,
  });
}
{
  const [M, N, H, K] = [8300, 3, 8, 2]; // 66,400 rounds where a key's rows are walked one by one
  const [q, kv, dy] = [random([M, H * K]), random([N, 2 * K]), random([M, H * K])];
  const stats = hostTensor([M, 2 * H], Float32Array.from({ length: 2 * M * H }, (_, i) => i % (2 * H) < H ? 3 : 0));
  long(attentionGradKvOp, { q, kv, ranges: everyKey(M, N), dy, stats }, { H, G: 1, K });
}
long(loadBalanceLossOp, { probs: random([8192, 64]), counts: hostTensor([64], new Float32Array(64).fill(128)) }, {
  k: 1,
});
long(countChoicesOp, { experts: some([600_000, 1], 64) }, { E: 64 });
long(meanOp, { x: random([600_000, 1]) }, {});
long(poolOp, { x: random([8192, 8]), offsets: hostIndices([0, 8192]) }, { kind: "mean", normalize: false });
long(crossEntropyOp, { logits: random([1, 300_001]), labels: hostIndices([299_999]) }, {});
{
  const scores = random([300_000, 1]);
  const rows = scores.data.filter((score) => score >= 0).length; // those beyond are not written
  long(selectThresholdOp, { scores, offsets: hostIndices([0, 300_000]) }, { threshold: 0 }, { rows });
}
long(poolOp, { x: random([4096, 1024]), offsets: hostIndices([0, 4096]) }, { kind: "mean", normalize: true });
long(sumSquaresOp, { x: random([9_000_001]) }, {});
