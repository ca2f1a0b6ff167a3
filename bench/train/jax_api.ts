/**
 * The part of jax-js that the model uses. An array is handed over when it is used; `.ref` keeps it for another use.
 *
 * @module
 */

/** A lazily computed array. */
export interface JaxArray {
  readonly ref: JaxArray;
  readonly shape: number[];
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  equal(other: JaxArray): JaxArray;
  sum(axis: number): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  astype(dtype: string): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** The module. */
export interface Jax {
  init(device: "webgpu"): Promise<string[]>;
  defaultDevice(device: "webgpu"): void;
  blockUntilReady(tree: unknown): Promise<unknown>;
  jit<A extends unknown[], R>(f: (...args: A) => R): (...args: A) => R;
  valueAndGrad<A extends unknown[]>(
    f: (...args: A) => JaxArray,
    options: { argnums: [0, 1] },
  ): (...args: A) => [JaxArray, [A[0], A[1]]];
  readonly tree: {
    ref<T>(tree: T): T;
    map<T>(f: (...leaves: JaxArray[]) => JaxArray, ...trees: T[]): T;
  };
  readonly nn: {
    silu(x: JaxArray): JaxArray;
    logsumexp(x: JaxArray, axis: number): JaxArray;
    dotProductAttention(q: JaxArray, k: JaxArray, v: JaxArray, options: { isCausal: boolean }): JaxArray;
  };
  readonly numpy: {
    array(data: Float32Array | Int32Array, options: { shape: readonly number[]; dtype?: string }): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    arange(count: number): JaxArray;
    take(x: JaxArray, indices: JaxArray, axis: number): JaxArray;
    where(condition: JaxArray, x: JaxArray | number, y: JaxArray | number): JaxArray;
    split(x: JaxArray, parts: number, axis: number): JaxArray[];
    concatenate(xs: JaxArray[], axis: number): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    matrixTranspose(x: JaxArray): JaxArray;
    mean(x: JaxArray, axis?: number, options?: { keepdims: boolean }): JaxArray;
    square(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
  };
}
