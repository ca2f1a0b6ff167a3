import { hostIndices, type HostTensor } from "../src/op/device.ts";
import { attentionOp, keyRangesOp } from "../src/ops/attention.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { keyRanges } from "../src/ops/attention.ts";
import { benchOp, random } from "./support/bench_op.ts";

benchOp(
  keyRangesOp,
  ([["small", 1, 1], ["typical", 512, 4], ["large", 65536, 256]] as const).map(([size, M, B]) => ({
    size,
    shape: `${B} sequences of ${M / B}`,
    inputs: { offsets: evenOffsets(M, B) },
    params: { M, causal: true, window: 0 },
    flops: 0,
    bytes: 8 * M,
  })),
);

/** B sequences of equal length. */
function evenOffsets(M: number, B: number): HostTensor {
  return hostIndices(Array.from({ length: B + 1 }, (_, b) => b * M / B));
}

/** Ranges of one sequence of T tokens, of which the last M ask. */
function lastRows(T: number, M: number, causal: boolean): HostTensor {
  const device = new ReferenceDevice();
  const ranges = keyRanges(device, { offsets: device.from(evenOffsets(T, 1)) }, { M: T, causal, window: 0 });
  return hostIndices(ranges.data.subarray(2 * (T - M)), [M, 2]);
}

benchOp(
  attentionOp,
  ([
    ["small", "decode", 1, 300, 9, 3, 64, true],
    ["typical", "encoder", 128, 128, 12, 12, 32, false],
    ["large", "causal", 512, 512, 9, 3, 64, true],
  ] as const).map(([size, name, M, T, H, G, K, causal]) => ({
    size,
    shape: `${name} ${M} rows × ${T} keys × ${H} heads × ${K}`,
    inputs: { q: random([M, H * K]), kv: random([T, 2 * G * K]), ranges: lastRows(T, M, causal) },
    params: { H, G, K },
    flops: 4 * M * T * H * K * (causal && M === T ? 0.5 : 1),
    bytes: 4 * (2 * M * H * K + 2 * T * G * K),
  })),
);
