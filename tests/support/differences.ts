/**
 * The law of every derivative: it equals central differences of the operation that it differentiates.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type { HostTensor } from "../../src/op/device.ts";

/** (f(x + h) − f(x − h)) / 2h for every element, twice, with h and h/2; the error of order h² is extrapolated away. */
export function centralDifferences(f: (x: Float64Array) => number, x: Float64Array): Float64Array {
  return x.map((value, i) => {
    const h = 1e-3 * Math.max(1, Math.abs(value));
    const slope = (step: number) => {
      const at = (moved: number) => f(x.with(i, moved));
      return (at(value + step) - at(value - step)) / (2 * step);
    };
    return (4 * slope(h / 2) - slope(h)) / 3;
  });
}

/** Σ over all elements of a·b, such as upstream·forward(x). */
export function inner(a: { readonly data: ArrayLike<number> }, b: { readonly data: ArrayLike<number> }): number {
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i] * b.data[i];
  return sum;
}

/** Throws unless each gradient is within 1e-6 of central differences of f, relative to its largest element. */
export function assertGradients<K extends string>(
  f: (inputs: { readonly [Name in K]: HostTensor }) => number,
  inputs: { readonly [Name in K]: HostTensor },
  gradients: { readonly [Name in NoInfer<K>]: { readonly data: ArrayLike<number> } },
): void {
  for (const name of Object.keys(gradients) as K[]) {
    const { shape, data } = inputs[name];
    const expected = centralDifferences(
      (moved) => f({ ...inputs, [name]: { shape, data: moved } }),
      Float64Array.from(data),
    );
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const actual = gradients[name].data;
    assertEquals(actual.length, expected.length, name);
    const wrong = expected.findIndex((value, i) => !(Math.abs(value - actual[i]) <= 1e-6 * largest + 1e-9));
    if (wrong >= 0) {
      throw new Error(`${name}[${wrong}] of [${shape}]: ${actual[wrong]}, differences say ${expected[wrong]}`);
    }
  }
}
