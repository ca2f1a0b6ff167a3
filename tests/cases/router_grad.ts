import fc from "fast-check";
import { hostIndices } from "../../src/op/device.ts";
import { route } from "../../src/ops/router.ts";
import { gateGradOp, routeGradOp } from "../../src/ops/router_grad.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";
import { choices, gates } from "./router.ts";

/** Upstream gradients at the scores of the gate itself. */
export const gateGrad = casesOf(gateGradOp, gates);

const device = new ReferenceDevice();

/** What the router found for any logits, and gradients of its probabilities, of its weights, or of both. */
export const routeGrad = casesOf(routeGradOp, {
  sizes: choices(2048, [1, 2, 3, 8, 33, 256]),
  inputs: {
    probs: (shape) => fc.constantFrom(0.1, 1, 6).chain((scale) => tensor(shape, scale)), // logits, replaced below
    experts: ([M, k]) => fc.constant(hostIndices(new Int32Array(M * k), [M, k])),
  },
  params: { alpha: fc.constantFrom(1, 0.3, -2, 0) },
}).filter(({ params: { alpha, normalize } }) => alpha !== 0 || !normalize).map(({ inputs, params, live }) => ({
  inputs: { ...inputs, ...route(device, { logits: device.from(inputs.probs) }, params) },
  params,
  live,
}));
