import fc from "fast-check";
import { GATES, ROUTES } from "../../src/op/kinds.ts";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import { routeOp, type RouteParams } from "../../src/ops/router.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { accuracy } from "../../reference/accuracy/accuracy.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Scores from tiny to far beyond where a sigmoid is 0 or 1 in float32. */
export const gate = size(140).chain((M) =>
  fc.record({
    scores: fc.constantFrom(1e-3, 1, 30).chain((scale) => tensor([M, 1], scale)),
    offsets: maybe(offsets(M)),
    kind: fc.constantFrom(...GATES),
    alpha: fc.constantFrom(0.1, 1, -2),
  }).map(({ scores, offsets, kind, alpha }) => ({
    inputs: { scores, offsets },
    params: { kind, alpha },
    live: liveElements(M, 1, offsets),
  }))
);

const exact = new ReferenceDevice("f64");

/** Whether p + bias of any two alternatives differ by more than twice their errors, unless both inputs are the same. */
function decided(logits: HostTensor, bias: HostTensor | undefined, params: RouteParams): boolean {
  const [M, E] = logits.shape;
  const inputs = { logits: exact.from(logits) };
  const outputs = exact.run(routeOp, inputs, params);
  const bounds = accuracy.route(inputs, outputs, params).probs!;
  for (let m = 0; m < M; m++) {
    const at = (e: number) => m * E + e;
    const value = (e: number) => outputs.probs.data[at(e)] + (bias?.data[e] ?? 0);
    const same = (a: number, b: number) =>
      logits.data[at(a)] === logits.data[at(b)] && (bias?.data[a] ?? 0) === (bias?.data[b] ?? 0);
    const order = Array.from({ length: E }, (_, e) => e).sort((a, b) => value(b) - value(a));
    for (let i = 1; i < E; i++) {
      const [a, b] = [order[i - 1], order[i]];
      const error = bounds[at(a)] + bounds[at(b)] + 2 ** -23 * (Math.abs(value(a)) + Math.abs(value(b)));
      if (!same(a, b) && value(a) - value(b) <= 2 * error) return false;
    }
  }
  return true;
}

/** A vector or matrix of multiples of `step`: gaps are wide, and many values are equal. */
const coarse = (shape: number[], step: number) =>
  tensor(shape, 2).map(({ data }) => hostTensor(shape, Float32Array.from(data, (value) => step * Math.round(value))));

/** Logits whose choices do not hang on rounding: exact ties, or gaps beyond the bound. */
export const route = fc.tuple(size(70), fc.constantFrom(1, 3, 8, 33, 256)).chain(([rows, E]) => {
  const M = Math.min(rows, Math.floor(1024 / E));
  return fc.record({
    logits: coarse([M, E], 0.75),
    bias: maybe(coarse([E], 0.1)),
    offsets: maybe(offsets(M)),
    k: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: Math.min(E, 8) }), fc.constant(Math.min(E, 33))),
    kind: fc.constantFrom(...ROUTES),
    alpha: fc.constantFrom(1, 0.5),
    normalize: fc.boolean(),
  }).map(({ logits, bias, offsets, ...params }) => ({
    inputs: { logits, bias, offsets },
    params,
    live: {
      probs: liveElements(M, E, offsets),
      experts: liveElements(M, params.k, offsets),
      weights: liveElements(M, params.k, offsets),
    },
  })).filter(({ inputs: { logits, bias }, params }) => decided(logits, bias, params));
});
