import fc from "fast-check";
import { ACTIVATIONS, GATED } from "../../src/op/kinds.ts";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Where formulas change, saturate, underflow or overflow. */
const special = [0, -0, 1e-30, -1e-6, 0.5, -13.2, -13.19, 13.3, -87.3, 87.3, 88.8, -104, 1e4, -1e4];

/** Numbers of all sizes up to a few thousand, some of them special. */
function numbers(M: number, F: number): fc.Arbitrary<HostTensor> {
  return fc.constantFrom(0.01, 1, 4, 1000).chain((scale) =>
    tensor([M, F], scale).map(({ shape, data }) =>
      hostTensor(shape, (data as Float32Array).map((value, i) => i % 7 === 0 ? special[i / 7 % special.length] : value))
    )
  );
}

/** Every kind, and widths that do not come in groups. */
export const activation = fc.tuple(size(70), size(130)).chain(([M, F]) =>
  fc.record({
    x: numbers(M, F),
    offsets: maybe(offsets(M)),
    kind: fc.constantFrom(...ACTIVATIONS),
  }).map(({ x, offsets, kind }) => ({ inputs: { x, offsets }, params: { kind }, live: liveElements(M, F, offsets) }))
);

/** Both gates. */
export const gatedUnit = fc.tuple(size(70), size(130)).chain(([M, F]) =>
  fc.record({
    u: numbers(M, 2 * F),
    offsets: maybe(offsets(M)),
    kind: fc.constantFrom(...GATED),
  }).map(({ u, offsets, kind }) => ({ inputs: { u, offsets }, params: { kind }, live: liveElements(M, F, offsets) }))
);
