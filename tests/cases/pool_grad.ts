import { tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";
import * as forward from "./pool.ts";

/** Upstream gradients of the vectors that pooling itself is tested with. */
export const poolGrad = forward.pool.chain(({ inputs: { x, offsets }, params }) => {
  const [M, D] = x.shape;
  return tensor([offsets.shape[0] - 1, D]).map((dy) => ({
    inputs: { x, dy, offsets },
    params,
    live: liveElements(M, D, offsets),
  }));
});
