import fc from "fast-check";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import type { Shape } from "../../src/op/op.ts";
import { gateOp, routeOp, type RouteParams } from "../../src/ops/router.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { accuracy } from "../../reference/accuracy/accuracy.ts";
import { size, tensor } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";

/** Scores from tiny to far beyond where a sigmoid is 0 or 1 in float32. */
const scores = (shape: Shape) => fc.constantFrom(1e-3, 1, 30).chain((scale) => tensor(shape, scale));

/** Sizes, scores and factors of a gate. */
export const gates = { sizes: { M: size(140) }, inputs: { scores }, params: { alpha: fc.constantFrom(0.1, 1, -2) } };

/** Every kind. */
export const gate = casesOf(gateOp, gates);

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

/** Multiples of `step`: gaps are wide, and many values are equal. */
const coarse = (step: number) => (shape: Shape) =>
  tensor(shape, 2).map(({ data }) => hostTensor(shape, Float32Array.from(data, (value) => step * Math.round(value))));

/** Rows, alternatives and choices, of a bounded number of elements. */
export const choices = (elements: number, alternatives: readonly number[]) =>
  fc.tuple(size(70), fc.constantFrom(...alternatives)).chain(([rows, E]) =>
    fc.oneof(fc.constant(1), fc.integer({ min: 1, max: Math.min(E, 8) }), fc.constant(Math.min(E, 33)))
      .map((k) => ({ M: Math.min(rows, Math.floor(elements / E)), E, k }))
  );

/** Logits whose choices do not hang on rounding: exact ties, or gaps beyond the bound. */
export const route = casesOf(routeOp, {
  sizes: choices(1024, [1, 3, 8, 33, 256]),
  inputs: { logits: coarse(0.75), bias: coarse(0.1) },
  params: { alpha: fc.constantFrom(1, 0.5) },
}).filter(({ inputs: { logits, bias }, params }) => decided(logits, bias, params));
