import fc from "fast-check";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { activationOp, gatedUnitOp } from "../../src/ops/activation.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Where formulas change, saturate, underflow or overflow. */
const special = [0, -0, 1e-30, -1e-6, 0.5, -13.2, -13.19, 13.3, -87.3, 87.3, 88.8, -104, 1e4, -1e4];

/** Numbers of all sizes up to a few thousand, some of them special. */
export function numbers(shape: Shape): fc.Arbitrary<HostTensor> {
  return fc.constantFrom(0.01, 1, 4, 1000).chain((scale) =>
    tensor(shape, scale).map(({ data }) =>
      hostTensor(shape, (data as Float32Array).map((value, i) => i % 7 === 0 ? special[i / 7 % special.length] : value))
    )
  );
}

/** Rows, and widths that do not come in groups. */
export const sizes = { M: size(70), F: size(130) };

/** Every kind. */
export const activation = casesOf(activationOp, { sizes, inputs: { x: numbers } });

/** Both gates. */
export const gatedUnit = casesOf(gatedUnitOp, { sizes, inputs: { u: numbers } });
