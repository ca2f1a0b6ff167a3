import { assertAlmostEquals } from "@std/assert";
import fc from "fast-check";
import { hostIndices, type HostTensor, hostTensor } from "../src/op/device.ts";
import type { AnyOp } from "../src/op/op.ts";
import * as distillation from "../src/ops/distillation.ts";
import * as ops from "../src/ops/distillation_grad.ts";
import { normals } from "../src/common/random.ts";
import { ReferenceDevice, type RefTensor } from "../reference/mod.ts";
import * as cases from "./cases/distillation_grad.ts";
import { size } from "./support/arbitraries.ts";
import { assertGradients, inner } from "./support/differences.ts";
import { equivalence, worstRatio } from "./support/equivalence.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

equivalence(ops.klDivergenceGradOp, cases.klDivergenceGrad, 60);
equivalence(ops.cosineDistanceGradOp, cases.cosineDistanceGrad, 60);

const device = new ReferenceDevice("f64");
const on = (host: HostTensor) => device.from(host);
const table = (columns: number, values: ArrayLike<number>, rows = values.length / columns) =>
  on(hostTensor([rows, columns], Float64Array.from(values)));
const close = (actual: ArrayLike<number>, expected: number[]) =>
  expected.forEach((value, i) => assertAlmostEquals(actual[i], value, 1e-14));

/** Two tensors of the same shape, an upstream gradient, a temperature, perhaps dead rows. */
const situation = fc.record({
  M: size(5, 1),
  V: size(9, 2),
  seed: fc.nat(),
  temperature: fc.constantFrom(0.7, 1, 3),
  dead: fc.boolean(),
}).map(({ M, V, seed, temperature, dead }) => ({
  ours: table(V, normals(seed, M * V)),
  theirs: table(V, normals(seed + 1, M * V)),
  upstream: table(1, normals(seed + 2, M)),
  temperature,
  offsets: dead ? on(hostIndices([0, M >> 1])) : undefined,
}));

/** Row m of a tensor. */
const row = ({ data, shape: [, D] }: RefTensor, m: number) => data.subarray(m * D, (m + 1) * D);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => inner({ data: a }, { data: b });

/** The operation's own derivative of its first input is what differences of Σ upstream·output say; there is no other. */
function derives(op: AnyOp, given: Record<string, RefTensor | undefined>, params: unknown, upstream: RefTensor): void {
  const inputs = given as Record<string, RefTensor>; // an operation knows which may be absent
  const [of, from] = [op.inputs[0].name, op.outputs[0].name];
  const run = (inputs: Record<string, RefTensor>): Record<string, RefTensor> => device.run(op, inputs, params);
  const f = (moved: Record<string, HostTensor>) => inner(upstream, run({ ...inputs, [of]: on(moved[of]) })[from]);
  const gradients = op.vjp!(device, { inputs, outputs: run(inputs), grads: { [from]: upstream }, params });
  assertGradients(f, { [of]: inputs[of] }, { [of]: gradients[of]() });
}

Deno.test("distillation: derivatives equal central differences, and are 0 for rows that are not live", () => {
  fc.assert(fc.property(situation, ({ ours, theirs, upstream, temperature, offsets }) => {
    derives(distillation.klDivergenceOp, { student: ours, teacher: theirs, offsets }, { temperature }, upstream);
    const short = Array.from({ length: ours.shape[0] }, (_, m) => Math.hypot(...row(ours, m)) < 0.3);
    if (!short.includes(true)) derives(distillation.cosineDistanceOp, { a: ours, b: theirs, offsets }, {}, upstream);
  }));
});

Deno.test("klDivergenceGrad: rows sum to 0, and are 0 for equal logits up to a shift", () => {
  fc.assert(fc.property(situation, ({ ours: student, theirs: teacher, upstream: dkl, temperature, offsets }) => {
    const dstudent = ops.klDivergenceGrad(device, { student, teacher, dkl, offsets }, { temperature });
    for (let m = 0; m < student.shape[0]; m++) {
      assertAlmostEquals(Array.from(row(dstudent, m)).reduce((a, b) => a + b), 0, 1e-14);
    }
    const moved = table(student.shape[1], Float64Array.from(student.data, (value) => value + 30));
    const nothing = ops.klDivergenceGrad(device, { student, teacher: moved, dkl, offsets }, { temperature });
    nothing.data.forEach((value) => assertAlmostEquals(value, 0, 1e-13));
  }));
});

Deno.test("cosineDistanceGrad: orthogonal to a, as long as the angle's sine over ‖a‖, 0 for multiples", () => {
  fc.assert(fc.property(situation, ({ ours: a, theirs: b, upstream: dy, offsets }) => {
    const da = ops.cosineDistanceGrad(device, { a, b, dy, offsets });
    const y = distillation.cosineDistance(device, { a, b, offsets });
    const live = offsets ? a.shape[0] >> 1 : a.shape[0];
    for (let m = 0; m < live; m++) {
      const norm = Math.hypot(...row(a, m));
      assertAlmostEquals(dot(row(da, m), row(a, m)), 0, 1e-13);
      const sine = Math.sqrt(Math.max(0, 1 - (1 - y.data[m]) ** 2));
      assertAlmostEquals(Math.hypot(...row(da, m)) * norm, Math.abs(dy.data[m]) * sine, 1e-7);
    }
    const multiple = table(a.shape[1], Float64Array.from(a.data, (value) => -3 * value));
    const nothing = ops.cosineDistanceGrad(device, { a, b: multiple, dy, offsets });
    for (let m = 0; m < live; m++) {
      assertAlmostEquals(Math.hypot(...row(nothing, m)) * Math.hypot(...row(a, m)), 0, 1e-13);
    }
  }));
});

Deno.test("distillation: derivatives worked by hand", () => {
  const offsets = on(hostIndices([0, 2]));
  const student = table(2, [0, 0, 0, Math.log(9), 7, 9]);
  const teacher = table(2, [0, Math.log(9), -Infinity, 1, 0, 9]);
  const dkl = table(1, [8, -4, 1]);
  const one = ops.klDivergenceGrad(device, { student, teacher, dkl, offsets }, { temperature: 2 });
  close(one.data, [2 * 8 * 0.25, -2 * 8 * 0.25, -2 * 4 * 0.25, 2 * 4 * 0.25, 0, 0]);
  const a = table(2, [2, 0, 3, 4, 0, 0, 2, 2]);
  const b = table(2, [5, 5, 0, -3, 1, 2, 0, 0]);
  const two = ops.cosineDistanceGrad(device, { a, b, dy: table(1, [4, 25, 1, 1]) });
  close(two.data, [0, -2 * Math.SQRT1_2, -2.4, 1.8, 0, 0, 0, 0]);
});

gpuTest("klDivergenceGrad: vocabularies of 50,368 and 50,257, with extreme logits", async (gpu) => {
  for (const V of [50368, 50257]) {
    const student = hostTensor([2, V], normals(1, 2 * V, 5).map((value, i) => i < V ? value : value * 2000));
    const inputs = { student, teacher: hostTensor([2, V], normals(2, 2 * V, 5)), dkl: hostTensor([2, 1], [0.1, 2]) };
    for (const device of everyVariant(gpu).filter((_, i) => i % 2 === 0)) {
      await worstRatio(device, ops.klDivergenceGradOp, { inputs, params: { temperature: 2 } });
    }
  }
});
