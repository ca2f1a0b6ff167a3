import fc from "fast-check";
import { hostIndices, type HostTensor } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { loraDownOp, loraGatedUnitOp, loraUpOp } from "../../src/ops/experts.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf, type Context } from "../support/skeleton.ts";

/** Rows, chosen experts, all experts, rank and width. */
const sizes = {
  M: size(40),
  k: fc.constantFrom(1, 3),
  E: fc.integer({ min: 3, max: 5 }),
  R: fc.constantFrom(1, 6, 16),
};

const widths = fc.constantFrom(0, 7, 40);

/** Chosen experts of the live rows; invalid indices in the other rows. */
export function experts(
  [M, k]: Shape,
  { sizes: { E }, live }: Context<{ E: number }, unknown>,
): fc.Arbitrary<HostTensor> {
  return fc.array(fc.nat(E - 1), { minLength: M * k, maxLength: M * k })
    .map((data) => hostIndices(data.map((e, slot) => slot < live * k ? e : 10 ** 9), [M, k]));
}

/** Rows of slots, the same for all of a row's or one each. */
export const slots = (shape: Shape) => fc.oneof(tensor([shape[0], shape[2]]), tensor(shape));

/** Inputs that stand for the shared x and for one of each slot. */
export const loraDown = casesOf(loraDownOp, { sizes: { ...sizes, D: widths }, inputs: { x: slots, experts } });

/** Both gated units, with and without dead rows. */
export const loraGatedUnit = casesOf(loraGatedUnitOp, {
  sizes: { ...sizes, F: widths },
  inputs: { experts },
  params: { scale: fc.constant(0.7) },
});

/** Any width, with and without dead rows. */
export const loraUp = casesOf(loraUpOp, {
  sizes: { ...sizes, D: widths },
  inputs: { experts },
  params: { scale: fc.constant(2) },
});
