import fc from "fast-check";
import { hostIndices } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { dropoutOp, jitterOp } from "../../src/ops/noise.ts";
import { indices, size } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Any seed, most often around 0 and at both ends. */
export const seeds = fc.oneof(
  fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);

/** Places in a model, among them numbers that fill all 32 bits. */
export const salts = fc.oneof(fc.nat(100), fc.constantFrom(2 ** 31, 2 ** 32 - 1));

/** Numbers of rows in a step, up to those whose elements are numbered beyond 2³². */
const firstRows = fc.oneof(fc.constant(0), fc.nat(1000), fc.constantFrom(2 ** 24 + 1, 2 ** 31 - 1));

/** What both operations draw from. */
const special = {
  sizes: { M: size(300) },
  rest: fc.oneof(fc.constant([]), size(33).map((a) => [a]), fc.tuple(size(9), size(17))),
  inputs: {
    seed: () => fc.tuple(seeds, firstRows).map((both) => hostIndices(both)),
    rows: ([M]: Shape) => indices(M, 0, 2000),
  },
};

/** Rates that float32 rounds up, down, or not at all. */
export const dropout = casesOf(dropoutOp, {
  ...special,
  params: { rate: fc.constantFrom(0, 0.1, 0.5, 0.7, 0.999), salt: salts },
});

/** Rates up to one, where a factor may be 0, and beyond. */
export const jitter = casesOf(jitterOp, {
  ...special,
  params: { rate: fc.constantFrom(0, 0.01, 0.1, 1, 2.5), salt: salts },
});
