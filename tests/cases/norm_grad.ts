import fc from "fast-check";
import { NORMS } from "../../src/op/kinds.ts";
import { hostTensor } from "../../src/op/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows of any width and scale, also where squares leave float32, and far from zero, where the mean matters, with upstream gradients. */
const rows = fc.tuple(size(140), size(300), fc.constantFrom(1e-3, 1, 1e3, 1e-25, 1e25), fc.constantFrom(0, 0, 3, -50))
  .chain(([M, D, scale, shift]) =>
    fc.record({
      x: tensor([M, D]).map(({ shape, data }) =>
        hostTensor(shape, (data as Float32Array).map((value) => scale * (value + shift)))
      ),
      dy: tensor([M, D]),
      weight: tensor([D]),
      offsets: maybe(offsets(M)),
      params: fc.record({
        kind: fc.constantFrom(...NORMS),
        eps: fc.constantFrom(1e-5, 1e-12, 1e-30),
      }),
    })
  );

/** Every row has a gradient of its own. */
export const normGrad = rows.map(({ params, ...inputs }) => {
  const [M, D] = inputs.x.shape;
  return { inputs, params, live: liveElements(M, D, inputs.offsets) };
});

/** The sum over the rows. */
export const normGradWeight = rows.map(({ x, dy, offsets, params }) => ({ inputs: { x, dy, offsets }, params }));
