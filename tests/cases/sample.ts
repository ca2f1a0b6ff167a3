import fc from "fast-check";
import { hostTensor } from "../../src/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows of any width; coarse ones have many ties, some logits are masked out or huge. */
export const pick = fc.tuple(size(70), fc.oneof(size(300, 1), fc.constantFrom(1023, 1024, 1500, 4099))).chain((
  [M, V],
) =>
  fc.record({
    logits: tensor([M, V]),
    grain: fc.constantFrom(0, 0.5, 2),
    extreme: fc.constantFrom(0, -Infinity, 1e30, 3e38),
    offsets: maybe(offsets(M)),
  }).map(({ logits, grain, extreme, offsets }) => {
    const data = (logits.data as Float32Array).map((value) => {
      if (extreme && value > 1.5) return extreme;
      return grain ? grain * Math.round(value / grain) : value;
    });
    return { inputs: { logits: hostTensor([M, V], data), offsets }, params: {}, live: liveElements(M, 1, offsets) };
  })
);
