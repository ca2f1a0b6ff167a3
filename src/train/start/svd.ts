/**
 * The best approximation of a tall matrix by one of a lower rank.
 *
 * @module
 */
import { type HostTensor, hostTensor } from "../../op/device.ts";
import { gram } from "./matrices.ts";

/** The leading right singular vectors of a matrix. */
export interface SingularVectors {
  /** Orthonormal rows by descending singular value, [rank, D]. */
  readonly vectors: HostTensor;
  /** Their share of Σσ², 0 to 1: the rest is the relative squared error of the approximation. */
  readonly share: number;
}

const MOST_SWEEPS = 60; // Jacobi's method converges quadratically: ten are many
const EPS = 2 ** -47;

/**
 * Leading right singular vectors v_1, v_2, … of a [M, D], M ≥ D or not. With P = [v_1 … v_rank], a ≈ (a·P)·Pᵀ has the
 * least squared error of all matrices of that rank (Eckart and Young).
 *
 * They are eigenvectors of the Gram matrix aᵀ·a [D, D], so that M may be a whole vocabulary; found by Jacobi's method,
 * in D² memory and about 10·D³ steps.
 *
 * @throws RangeError when a has not `rank` columns, or holds a number that is not finite
 */
export function singularVectors(a: HostTensor, rank: number): SingularVectors {
  const D = a.shape[1];
  if (rank > D) throw new RangeError(`Cannot reduce a matrix to ${rank} columns: it has ${D}`);
  const sums = gram(a);
  if (!sums.every(Number.isFinite)) throw new RangeError("Cannot reduce a matrix: some of its numbers are not finite");
  const { values, vectors } = eigen(sums, D);
  const order = Array.from(values.keys()).sort((i, j) => values[j] - values[i]);
  const data = new Float32Array(rank * D);
  order.slice(0, rank).forEach((row, i) => data.set(vectors.subarray(row * D, (row + 1) * D), i * D));
  const total = values.reduce((sum, value) => sum + value, 0);
  const held = order.slice(0, rank).reduce((sum, row) => sum + values[row], 0);
  return { vectors: hostTensor([rank, D], data), share: total > 0 ? held / total : 1 };
}

/**
 * Eigenvalues, and eigenvectors as rows, of a symmetric matrix without negative eigenvalues [D, D]; overwrites it.
 *
 * One-sided Jacobi (Hestenes): pairs of rows of u·g, from u = 1, are rotated until all are orthogonal. Then u·g²·uᵀ is
 * diagonal, so the rows of u are eigenvectors and the lengths of the rows of u·g the eigenvalues.
 */
function eigen(g: Float64Array, D: number): { values: Float64Array; vectors: Float64Array } {
  const u = new Float64Array(D * D);
  for (let i = 0; i < D; i++) u[i * D + i] = 1;
  const squares = new Float64Array(D);
  let turned = true;
  for (let sweep = 0; turned && sweep < MOST_SWEEPS; sweep++) {
    turned = false;
    for (let i = 0; i < D; i++) squares[i] = dot(g, i * D, i * D, D);
    // rows of rounding errors only have no direction
    const nothing = EPS * EPS * squares.reduce((a, b) => Math.max(a, b));
    for (let p = 0; p < D; p++) {
      for (let q = p + 1; q < D; q++) {
        const inner = dot(g, p * D, q * D, D);
        if (!(Math.abs(inner) > EPS * Math.sqrt(Math.abs(squares[p] * squares[q])) + nothing)) continue;
        const zeta = (squares[q] - squares[p]) / (2 * inner);
        const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        rotate(g, p * D, q * D, D, tangent);
        rotate(u, p * D, q * D, D, tangent);
        squares[p] -= tangent * inner;
        squares[q] += tangent * inner;
        turned = true;
      }
    }
  }
  return { values: Float64Array.from({ length: D }, (_, i) => Math.sqrt(dot(g, i * D, i * D, D))), vectors: u };
}

/** Inner product of the rows that start at p and q. */
function dot(matrix: Float64Array, p: number, q: number, D: number): number {
  let even = 0, odd = 0;
  for (let i = 1; i < D; i += 2) {
    even += matrix[p + i - 1] * matrix[q + i - 1];
    odd += matrix[p + i] * matrix[q + i];
  }
  return D % 2 === 1 ? even + odd + matrix[p + D - 1] * matrix[q + D - 1] : even + odd;
}

/** Turns the rows that start at p and q by an angle: (c·p − s·q, s·p + c·q). */
function rotate(matrix: Float64Array, p: number, q: number, D: number, tangent: number): void {
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = cosine * tangent;
  for (let i = 0; i < D; i++) {
    const x = matrix[p + i];
    const y = matrix[q + i];
    matrix[p + i] = cosine * x - sine * y;
    matrix[q + i] = sine * x + cosine * y;
  }
}
