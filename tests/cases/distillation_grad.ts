import fc from "fast-check";
import { tensor } from "../support/arbitraries.ts";
import * as distillation from "./distillation.ts";

/** An upstream gradient of one number a row. */
const upstream = (M: number) => fc.constantFrom(0, 1e-3, 1, 100).chain((scale) => tensor([M, 1], scale));

/** As the divergence itself, with an upstream gradient. */
export const klDivergenceGrad = distillation.klDivergence.chain(({ inputs, params, live }) => {
  const [M, V] = inputs.student.shape;
  return upstream(M).map((dkl) => ({ inputs: { ...inputs, dkl }, params, live: live * V }));
});

/** As the distance itself, with an upstream gradient. */
export const cosineDistanceGrad = distillation.cosineDistance.chain(({ inputs, params, live }) => {
  const [M, D] = inputs.a.shape;
  return upstream(M).map((dy) => ({ inputs: { ...inputs, dy }, params, live: live * D }));
});
