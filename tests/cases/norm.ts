import fc from "fast-check";
import { NORMS } from "../../src/op/kinds.ts";
import { hostTensor } from "../../src/op/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows of any width and scale, also where squares leave float32, and far from zero, where the mean matters. */
export const norm = fc.tuple(
  size(70),
  size(300),
  fc.constantFrom(1e-3, 1, 1e3, 1e-25, 1e25),
  fc.constantFrom(0, 0, 3, -50),
)
  .chain(([M, D, scale, shift]) =>
    fc.record({
      x: tensor([M, D]).map(({ shape, data }) =>
        hostTensor(shape, (data as Float32Array).map((value) => scale * (value + shift)))
      ),
      weight: tensor([D]),
      offsets: maybe(offsets(M)),
      kind: fc.constantFrom(...NORMS),
      eps: fc.constantFrom(1e-5, 1e-12, 1e-30),
    }).map(({ kind, eps, ...inputs }) => ({
      inputs,
      params: { kind, eps },
      live: liveElements(M, D, inputs.offsets),
    }))
  );
