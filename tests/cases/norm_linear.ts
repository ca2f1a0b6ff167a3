import fc from "fast-check";
import { NORMS } from "../../src/op/kinds.ts";
import { hostTensor } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { normGatedOp, normLinearOp } from "../../src/ops/norm_linear.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";
import { eps } from "./norm.ts";

/** Widths with and without whole vectors. */
const rowSizes = fc.record({
  M: fc.oneof(size(9), size(40), size(80)),
  D: fc.oneof(size(130), size(32).map((quads) => 4 * quads)),
});

/** Rows of any scale. */
const x = (shape: Shape) => fc.constantFrom(1e-3, 1, 1e3, 1e-25, 1e25).chain((scale) => tensor(shape, scale));

/** Both norms. */
const params = { norm: fc.record({ kind: fc.constantFrom("rms" as const, "rms" as const, ...NORMS), eps }) };

/** Products of normed rows with some rows of w. */
export const normLinear = casesOf(normLinearOp, {
  sizes: fc.tuple(rowSizes, size(140), fc.nat(), fc.nat()).map(([sizes, W, a, b]) => {
    const [from, to] = [a % (W + 1), b % (W + 1)].sort((a, b) => a - b);
    return { ...sizes, W, from, to };
  }),
  inputs: { x },
  params,
});

/** Gated units of normed rows. */
export const normGated = casesOf(normGatedOp, {
  sizes: fc.tuple(rowSizes, fc.oneof(size(70), size(18).map((quads) => 4 * quads))).map(([sizes, F]) => ({
    ...sizes,
    F,
  })),
  inputs: { x, w: (shape) => tensor(shape, 0.3) },
  params,
});

/** A row so small that its squares vanish, beside an ordinary one. */
export const tiny = hostTensor([2, 4], [1e-25, 2e-25, 0, -1e-25, 1, 2, 3, 4]);
