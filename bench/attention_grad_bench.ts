import { hostIndices, type HostTensor } from "../src/op/device.ts";
import { attentionGradKvOp, attentionGradQOp, attentionStatsOp } from "../src/ops/attention_grad.ts";
import { benchOp } from "./support/bench_op.ts";
import { random } from "./support/inputs.ts";

/** Key ranges of one sequence. */
function ranges(M: number, causal: boolean): HostTensor {
  return hostIndices(Array.from({ length: 2 * M }, (_, i) => i % 2 === 0 ? 0 : causal ? (i + 1) / 2 : M), [M, 2]);
}

/** Statistics near those of normal scores over M keys: lse = log M, δ = 0. */
function statistics(M: number, H: number): HostTensor {
  const row = [...Array(H).fill(Math.log(M)), ...Array(H).fill(0)];
  return { shape: [M, 2 * H], data: Float32Array.from(Array(M).fill(row).flat()) };
}

/** Each operation with its number of products of M·M·H·K multiply-adds, of which a causal call needs half. */
for (const [op, products] of [[attentionStatsOp, 1], [attentionGradQOp, 3], [attentionGradKvOp, 4]] as const) {
  benchOp<string, string, unknown, { causal: boolean; M: number; H: number; G: number; K: number }>(
    op as never,
    {
      small: { causal: true, M: 32, H: 9, G: 3, K: 64 },
      encoder: { causal: false, M: 128, H: 12, G: 12, K: 32 },
      large: { causal: true, M: 256, H: 9, G: 3, K: 64 },
    },
    ({ causal, M, H, G, K }) => ({
      inputs: {
        q: random([M, H * K]),
        kv: random([M, 2 * G * K]),
        ranges: ranges(M, causal),
        dy: random([M, H * K]),
        ...(products === 1 ? { y: random([M, H * K]) } : { stats: statistics(M, H) }),
      },
      params: { H, G, K },
      flops: 2 * products * M * M * H * K * (causal ? 0.5 : 1),
    }),
  );
}
