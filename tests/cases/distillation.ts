import fc from "fast-check";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import { maybe, offsets, size, tensor } from "../support/arbitraries.ts";
import { liveElements } from "../support/equivalence.ts";

/** Many short rows, one invocation's or a work group's, or a few long ones: not every width, each is a pipeline of its own. */
const shape = (least: number) =>
  fc.oneof(
    fc.tuple(size(70), fc.constantFrom(least, 1, 2, 3, 4, 5, 8, 13, 31, 32, 33, 36, 64, 67)),
    fc.tuple(size(5), fc.constantFrom(128, 257, 300, 1025, 4100)),
  );

/** Numbers around zero or far from it. */
const logits = (M: number, V: number) =>
  fc.record({
    normals: tensor([M, V]),
    scale: fc.constantFrom(0, 0.1, 3, 100),
    shift: fc.constantFrom(0, 0, -1000, 1e4),
  }).map(({ normals: { shape, data }, scale, shift }) =>
    hostTensor(shape, (data as Float32Array).map((value) => shift + scale * value))
  );

/** `x` where the mask is high, −∞ where it is low, but never in the first column. */
function masked({ shape, data }: HostTensor, { data: mask }: HostTensor): HostTensor {
  return hostTensor(shape, Float32Array.from(data, (x, i) => mask[i] < -1 && i % shape[1] > 0 ? -Infinity : x));
}

/** Two predictions: far apart, equal or nearly so, columns masked in both or only in the teacher's. */
export const klDivergence = shape(1).chain(([M, V]) =>
  fc.record({
    student: logits(M, V),
    other: logits(M, V),
    near: fc.constantFrom(1, 1, 1, 1e-3, 0),
    mask: tensor([M, V]),
    which: fc.constantFrom("none", "none", "teacher", "both"),
    offsets: maybe(offsets(M)),
    temperature: fc.constantFrom(0.7, 2),
  }).map(({ student, other, near, mask, which, offsets, temperature }) => {
    const mixed = Float32Array.from(student.data, (s, i) => near === 1 ? other.data[i] : s + near * other.data[i]);
    const teacher = hostTensor(student.shape, mixed);
    return {
      inputs: {
        student: which === "both" ? masked(student, mask) : student,
        teacher: which === "none" ? teacher : masked(teacher, mask),
        offsets,
      },
      params: { temperature },
      live: liveElements(M, 1, offsets),
    };
  })
);

/** Two vectors of any length, some zero, some parallel or nearly so. */
export const cosineDistance = shape(0).chain(([M, D]) =>
  fc.record({
    a: tensor([M, D]),
    other: tensor([M, D]),
    along: fc.constantFrom(0, 0, 1, -2, 100),
    across: fc.constantFrom(0, 1e-3, 1, 1),
    scale: fc.constantFrom(1, 1e-3, 100, 1e-25, 1e25),
    from: fc.constantFrom(0, 0, D >> 1), // the first column that is scaled
    zero: fc.integer({ min: 0, max: 5 }),
    offsets: maybe(offsets(M)),
  }).map(({ a, other, along, across, scale, from, zero, offsets }) => {
    const row = (i: number) => Math.floor(i / D) % 6;
    const b = Float32Array.from(other.data, (value, i) =>
      (row(i) + 1) % 6 === zero ? 0 : along * a.data[i] + across * value);
    return {
      inputs: {
        a: hostTensor(
          a.shape,
          Float32Array.from(a.data, (value, i) =>
            row(i) === zero ? 0 : i % D < from ? value : scale * value),
        ),
        b: hostTensor(a.shape, b),
        offsets,
      },
      params: {},
      live: liveElements(M, 1, offsets),
    };
  })
);
