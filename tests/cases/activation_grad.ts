import fc from "fast-check";
import type { HostTensor } from "../../src/op/device.ts";
import { tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";
import * as forward from "./activation.ts";

/** Upstream gradients of usual size, and vanishing ones. */
const upstream = (M: number, F: number) => fc.constantFrom(1, 1e-30).chain((scale) => tensor([M, F], scale));

const rowsOf = ({ shape: [M] }: HostTensor) => M;

/** Every kind at the inputs of the activation itself. */
export const activationGrad = forward.activation.chain(({ inputs: { x, offsets }, ...rest }) =>
  upstream(rowsOf(x), x.shape[1]).map((dy) => ({ inputs: { x, dy, offsets }, ...rest }))
);

/** Both gates at the inputs of the unit itself. */
export const gatedUnitGrad = forward.gatedUnit.chain(({ inputs: { u, offsets }, params }) =>
  upstream(rowsOf(u), u.shape[1] / 2).map((dz) => ({
    inputs: { u, dz, offsets },
    params,
    live: liveElements(rowsOf(u), u.shape[1], offsets),
  }))
);
