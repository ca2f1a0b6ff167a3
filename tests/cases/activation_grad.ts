import fc from "fast-check";
import type { Shape } from "../../src/op/op.ts";
import { activationGradOp, gatedUnitGradOp } from "../../src/ops/activation_grad.ts";
import { tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";
import { numbers, sizes } from "./activation.ts";

/** Upstream gradients of usual size, and vanishing ones. */
const upstream = (shape: Shape) => fc.constantFrom(1, 1e-30).chain((scale) => tensor(shape, scale));

/** Every kind at the inputs of the activation itself. */
export const activationGrad = casesOf(activationGradOp, { sizes, inputs: { x: numbers, dy: upstream } });

/** Both gates at the inputs of the unit itself. */
export const gatedUnitGrad = casesOf(gatedUnitGradOp, { sizes, inputs: { u: numbers, dz: upstream } });
