import fc from "fast-check";
import { hostTensor } from "../../src/op/device.ts";
import { MOST_TOP } from "../../src/ops/top_log_probs.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";
import { fault, spoil } from "./sample.ts";

/** Vocabularies down to one token. Coarse logits have ties; some are −∞, zeros of both signs, or subnormal. */
export const topLogProbs = fc.tuple(size(9), fc.oneof(size(300, 1), fc.constantFrom(1023, 4100, 8193))).chain((
  [M, V],
) =>
  fc.record({
    logits: tensor([M, V], 2),
    grain: fc.constantFrom(0, 0.5),
    least: fc.constantFrom(-9, -2, 3),
    scale: fc.constantFrom(1, 1, -1, 2 ** -127),
    fault: maybe(fault),
    k: fc.integer({ min: 1, max: Math.min(V, MOST_TOP) }),
    offsets: maybe(offsets(M)),
  }).map(({ logits, grain, least, scale, fault, k, offsets }) => {
    const data = Float32Array.from(logits.data, (value) => {
      return value < least ? -Infinity : scale * (grain ? grain * Math.round(value / grain) : value);
    });
    if (fault && M > 0) spoil(data, V, fault);
    return { inputs: { logits: hostTensor([M, V], data), offsets }, params: { k }, live: liveElements(M, k, offsets) };
  })
);
