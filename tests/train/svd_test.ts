// The truncated singular value decomposition that starting points use.
import fc from "fast-check";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type HostTensor, hostTensor } from "../../src/op/device.ts";
import { normals } from "../../src/common/random.ts";
import { identity, product, transpose } from "../../src/train/start/matrices.ts";
import { singularVectors } from "../../src/train/start/svd.ts";

const matrix = (seed: number, M: number, D: number) => hostTensor([M, D], normals(seed, M * D));
const squares = ({ data }: HostTensor) => Array.from(data).reduce((sum, value) => sum + value * value, 0);
const minus = (a: HostTensor, b: HostTensor) => hostTensor(a.shape, Float32Array.from(a.data, (x, i) => x - b.data[i]));

/** (a·P)·Pᵀ for orthonormal rows Pᵀ. */
const project = (a: HostTensor, rows: HostTensor) => product(product(a, rows), transpose(rows));

/** A matrix U·diag(σ)·W with orthonormal columns of U and rows of W, from the singular vectors of random matrices. */
function withSingularValues(seed: number, M: number, sigma: readonly number[]): HostTensor {
  const D = sigma.length;
  const left = singularVectors(matrix(seed, M + 3, M), D).vectors;
  const right = singularVectors(matrix(seed + 1, D + 3, D), D).vectors;
  const scaled = Float32Array.from(left.data, (value, i) => value * sigma[Math.floor(i / M)]);
  return product(transpose(hostTensor([D, M], scaled)), transpose(right));
}

const sizes = fc.record({
  seed: fc.nat(1e6),
  D: fc.integer({ min: 1, max: 12 }),
  more: fc.integer({ min: 0, max: 20 }),
});
const law = (body: (size: { seed: number; D: number; more: number }) => void) =>
  fc.assert(fc.property(sizes, body), { numRuns: 40 });

Deno.test("singular vectors: orthonormal, also of matrices of low rank and of zero", () =>
  law(({ seed, D, more }) => {
    const low = product(matrix(seed, D + more, 2), matrix(seed + 1, D, 2));
    for (const a of [matrix(seed, D + more, D), low, hostTensor([3, D], new Float32Array(3 * D))]) {
      const { vectors } = singularVectors(a, D);
      const error = minus(product(vectors, vectors), identity(D));
      assert(Math.max(...error.data.map(Math.abs)) <= 1e-6, `off by ${Math.max(...error.data.map(Math.abs))}`);
    }
  }));

Deno.test("singular vectors: a matrix of low rank is reconstructed exactly", () =>
  law(({ seed, D, more }) => {
    const rank = Math.min(D, 3);
    const a = product(matrix(seed, D + more, rank), matrix(seed + 1, D, rank));
    const { vectors, share } = singularVectors(a, rank);
    assert(squares(minus(a, project(a, vectors))) <= 1e-11 * squares(a));
    assertAlmostEquals(share, 1, 1e-12);
  }));

Deno.test("singular vectors: `share` gives the squared error, that of the omitted singular values", () => {
  const sigma = [9, 5, 5, 2, 1, 0.5];
  const total = sigma.reduce((sum, value) => sum + value * value, 0);
  const a = withSingularValues(7, 20, sigma);
  for (let rank = 0; rank <= sigma.length; rank++) {
    const { vectors, share } = singularVectors(a, rank);
    const left = sigma.slice(rank).reduce((sum, value) => sum + value * value, 0);
    assertAlmostEquals(squares(minus(a, project(a, vectors))), left, 1e-4);
    assertAlmostEquals(share, 1 - left / total, 1e-6);
  }
});

Deno.test("singular vectors: no other directions have a smaller error", () =>
  law(({ seed, D, more }) => {
    const a = matrix(seed, D + more, D);
    const rank = Math.ceil(D / 2);
    const error = (rows: HostTensor) => squares(minus(a, project(a, rows)));
    const best = error(singularVectors(a, rank).vectors);
    const others = singularVectors(matrix(seed + 9, D + 5, D), rank).vectors;
    assert(best <= error(others) + 1e-5 * squares(a), `${best} against ${error(others)}`);
  }));

Deno.test("singular vectors: refusals name the reason", () => {
  assertThrows(() => singularVectors(matrix(1, 5, 3), 4), RangeError, "Cannot reduce a matrix to 4 columns: it has 3");
  const holes = hostTensor([2, 2], [1, NaN, 0, 1]);
  assertThrows(() => singularVectors(holes, 1), RangeError, "some of its numbers are not finite");
  assertEquals(singularVectors(hostTensor([2, 2], [0, 3, 0, 4]), 1).vectors.data.map(Math.abs), Float32Array.of(0, 1));
});
