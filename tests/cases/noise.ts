import fc from "fast-check";
import { hostIndices } from "../../src/op/device.ts";
import { indices, maybe, tensor } from "../support/arbitraries.ts";
import { shapes } from "./add.ts";

/** Any seed, most often around 0 and at both ends. */
export const seeds = fc.oneof(
  fc.constantFrom(0, 1, -1, 2 ** 31 - 1, -(2 ** 31)),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);

/** Places in a model, among them numbers that fill all 32 bits. */
export const salts = fc.oneof(fc.nat(100), fc.constantFrom(2 ** 31, 2 ** 32 - 1));

/** Numbers of rows in a step, up to those whose elements are numbered beyond 2³². */
const firstRows = fc.oneof(fc.constant(0), fc.nat(1000), fc.constantFrom(2 ** 24 + 1, 2 ** 31 - 1));

function noisy(rate: fc.Arbitrary<number>) {
  return shapes.filter(({ length }) => length > 0).chain((shape) =>
    fc.record({
      inputs: fc.record({
        x: tensor(shape),
        seed: fc.tuple(seeds, firstRows).map((both) => hostIndices(both)),
        rows: maybe(indices(shape[0]!, 0, 2000)),
      }),
      params: fc.record({ rate, salt: salts }),
    })
  );
}

/** Rates that float32 rounds up, down, or not at all. */
export const dropout = noisy(fc.constantFrom(0, 0.1, 0.5, 0.7, 0.999));

/** Rates up to one, where a factor may be 0, and beyond. */
export const jitter = noisy(fc.constantFrom(0, 0.01, 0.1, 1, 2.5));
