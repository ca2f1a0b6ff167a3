import fc from "fast-check";
import { ROUTES } from "../../src/op/kinds.ts";
import { route } from "../../src/ops/router.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";
import * as forward from "./router.ts";

/** Upstream gradients at the scores of the gate itself. */
export const gateGrad = forward.gate.chain(({ inputs: { scores, offsets }, ...rest }) =>
  tensor(scores.shape).map((dgates) => ({ inputs: { scores, dgates, offsets }, ...rest }))
);

const device = new ReferenceDevice();

/** What the router found for any logits, and gradients of its probabilities, of its weights, or of both. */
export const routeGrad = fc.tuple(size(70), fc.constantFrom(1, 2, 3, 8, 33, 256)).chain(([rows, E]) => {
  const M = Math.min(rows, Math.floor(2048 / E));
  return fc.record({
    k: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: Math.min(E, 8) }), fc.constant(Math.min(E, 33))),
    kind: fc.constantFrom(...ROUTES),
    alpha: fc.constantFrom(1, 0.3, -2, 0),
    normalize: fc.boolean(),
  }).filter(({ alpha, normalize }) => alpha !== 0 || !normalize).chain((params) =>
    fc.record({
      logits: fc.constantFrom(0.1, 1, 6).chain((scale) => tensor([M, E], scale)),
      offsets: maybe(offsets(M)),
      grads: fc.tuple(tensor([M, E]), tensor([M, params.k]), fc.constantFrom("dprobs", "dweights", "both")),
    }).map(({ logits, offsets, grads: [dprobs, dweights, given] }) => ({
      inputs: {
        ...route(device, { logits: device.from(logits) }, params),
        dprobs: given === "dweights" ? undefined : dprobs,
        dweights: given === "dprobs" ? undefined : dweights,
        offsets,
      },
      params,
      live: liveElements(M, E, offsets),
    }))
  );
});
