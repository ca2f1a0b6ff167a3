import { hostIndices, type HostTensor } from "../src/op/device.ts";
import { attentionOp, keyRanges, keyRangesOp } from "../src/ops/attention.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { benchOp } from "./support/bench_op.ts";
import { evenOffsets, random } from "./support/inputs.ts";

benchOp(
  keyRangesOp,
  { small: { B: 1, T: 1 }, typical: { B: 4, T: 128 }, large: { B: 256, T: 256 } },
  ({ B, T }) => ({ inputs: { offsets: evenOffsets(B, T) }, params: { M: B * T, causal: true, window: 0 } }),
);

/** Key ranges of the last M rows of one sequence of T tokens. */
function lastRows(T: number, M: number, causal: boolean): HostTensor {
  const device = new ReferenceDevice();
  const ranges = keyRanges(device, { offsets: device.from(evenOffsets(1, T)) }, { M: T, causal, window: 0 });
  return hostIndices(ranges.data.subarray(2 * (T - M)), [M, 2]);
}

benchOp(
  attentionOp,
  {
    decode: { causal: true, M: 1, T: 300, H: 9, G: 3, K: 64 },
    encoder: { causal: false, M: 128, T: 128, H: 12, G: 12, K: 32 },
    large: { causal: true, M: 512, T: 512, H: 9, G: 3, K: 64 },
  },
  ({ causal, M, T, H, G, K }) => ({
    inputs: { q: random([M, H * K]), kv: random([T, 2 * G * K]), ranges: lastRows(T, M, causal) },
    params: { H, G, K },
    flops: 4 * M * T * H * K * (causal && M === T ? 0.5 : 1),
  }),
);
