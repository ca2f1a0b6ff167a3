import { hostIndices, type HostTensor } from "../src/op/device.ts";
import { attentionGradKvOp, attentionGradQOp, attentionStatsOp } from "../src/ops/attention_grad.ts";
import { benchOp, random } from "./support/bench_op.ts";

/** Rows of one sequence that see all of it, or only what came before. */
function ranges(M: number, causal: boolean): HostTensor {
  return hostIndices(Array.from({ length: 2 * M }, (_, i) => i % 2 === 0 ? 0 : causal ? (i + 1) / 2 : M), [M, 2]);
}

/** Statistics near those of normal scores over M keys: lse = log M, δ = 0. */
function statistics(M: number, H: number): HostTensor {
  const row = [...Array(H).fill(Math.log(M)), ...Array(H).fill(0)];
  return { shape: [M, 2 * H], data: Float32Array.from(Array(M).fill(row).flat()) };
}

/** Calls with so many products of M·M·H·K (half of them where causal): two float operations each. */
function calls(products: number) {
  return ([
    ["small", "causal", 32, 9, 3, 64, true],
    ["typical", "encoder", 128, 12, 12, 32, false],
    ["large", "causal", 256, 9, 3, 64, true],
  ] as const).map(([size, name, M, H, G, K, causal]) => ({
    size,
    shape: `${name} ${M} rows × ${H} heads × ${K}`,
    inputs: {
      q: random([M, H * K]),
      kv: random([M, 2 * G * K]),
      ranges: ranges(M, causal),
      dy: random([M, H * K]),
      y: random([M, H * K]),
      stats: statistics(M, H),
    },
    params: { H, G, K },
    flops: 2 * products * M * M * H * K * (causal ? 0.5 : 1),
    bytes: 4 * (3 * M * H * K + 2 * M * G * K),
  }));
}

benchOp(attentionStatsOp, calls(1));
benchOp(attentionGradQOp, calls(3));
benchOp(attentionGradKvOp, calls(4));
