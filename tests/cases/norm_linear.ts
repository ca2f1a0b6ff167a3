import fc from "fast-check";
import { GATED, NORMS } from "../../src/op/kinds.ts";
import { hostTensor } from "../../src/op/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Rows of any scale, widths with and without whole vectors, both norms. */
const rows = fc.tuple(fc.oneof(size(9), size(40), size(80)), fc.oneof(size(130), size(32).map((quads) => 4 * quads)))
  .chain(([M, D]) =>
    fc.record({
      x: fc.constantFrom(1e-3, 1, 1e3, 1e-25, 1e25).chain((scale) => tensor([M, D], scale)),
      weight: tensor([D]),
      offsets: maybe(offsets(M)),
      norm: fc.record({
        kind: fc.constantFrom("rms" as const, "rms" as const, ...NORMS),
        eps: fc.constantFrom(1e-5, 1e-12, 1e-30),
      }),
    })
  );

/** Products of normed rows with some rows of w. */
export const normLinear = rows.chain(({ norm, ...inputs }) =>
  fc.tuple(size(140), fc.nat(), fc.nat()).chain(([O, a, b]) => {
    const [from, to] = [a % (O + 1), b % (O + 1)].sort((a, b) => a - b);
    return tensor([O, inputs.x.shape[1]]).map((w) => ({
      inputs: { ...inputs, w },
      params: { norm, from, to },
      live: liveElements(inputs.x.shape[0], to - from, inputs.offsets),
    }));
  })
);

/** Gated units of normed rows. */
export const normGated = rows.chain(({ norm, ...inputs }) =>
  fc.tuple(fc.oneof(size(70), size(18).map((quads) => 4 * quads)), fc.constantFrom(...GATED))
    .chain(([F, unit]) =>
      tensor([2 * F, inputs.x.shape[1]], 0.3).map((w) => ({
        inputs: { ...inputs, w },
        params: { norm, unit },
        live: liveElements(inputs.x.shape[0], F, inputs.offsets),
      }))
    )
);

/** A row so small that its squares vanish, beside an ordinary one. */
export const tiny = hostTensor([2, 4], [1e-25, 2e-25, 0, -1e-25, 1, 2, 3, 4]);
