import fc from "fast-check";
import { hostTensor } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { normOp } from "../../src/ops/norm.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Rows of any scale, also where squares leave float32, and far from zero, where the mean matters. */
export const rows = (shape: Shape) =>
  fc.tuple(fc.constantFrom(1e-3, 1, 1e3, 1e-25, 1e25), fc.constantFrom(0, 0, 3, -50)).chain(([scale, shift]) =>
    tensor(shape).map(({ data }) => hostTensor(shape, (data as Float32Array).map((value) => scale * (value + shift))))
  );

/** Terms in the root: usual, small, and of no effect. */
export const eps = fc.constantFrom(1e-5, 1e-12, 1e-30);

/** Rows of any width. */
export const norm = casesOf(normOp, { sizes: { M: size(70), D: size(300) }, inputs: { x: rows }, params: { eps } });
