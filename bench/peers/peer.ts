/**
 * What the comparison asks of every library.
 *
 * @module
 */
import { normals } from "../../src/common/random.ts";

/** Does the work so many times, waits for the end, and returns the last result. */
export type Run = (repeats: number) => Promise<ArrayLike<number>>;

/** A library under comparison. */
export interface Peer {
  /** Name and version. */
  readonly name: string;
  /** x·wᵀ of two square matrices. */
  product?(size: number, x: Float32Array, w: Float32Array): Promise<Run>;
  /** A transformer encoder. */
  encoder?(task: EncoderTask): Promise<Run>;
}

/** Weights of one layer, matrices [out, in]. */
export interface EncoderLayer {
  /** [D]. */
  readonly attentionNorm: Float32Array;
  /** [3·D, D]: queries, keys, values. */
  readonly qkv: Float32Array;
  /** [D, D]. */
  readonly out: Float32Array;
  /** [D]. */
  readonly mlpNorm: Float32Array;
  /** [2·F, D]: gate, up. */
  readonly gateUp: Float32Array;
  /** [D, F]. */
  readonly down: Float32Array;
}

/** Pre-norm encoder layers (LayerNorm without bias, RoPE, full attention, GeGLU), then a norm, over one sequence. */
export interface EncoderTask {
  /** Width. */
  readonly D: number;
  /** Heads. */
  readonly H: number;
  /** Feed-forward width. */
  readonly F: number;
  /** Tokens. */
  readonly T: number;
  /** ε of LayerNorm. */
  readonly eps: number;
  /** Base of RoPE's angles. */
  readonly theta: number;
  /** Rows [T, D]. */
  readonly x: Float32Array;
  /** Layers in order. */
  readonly layers: readonly EncoderLayer[];
  /** Final norm, [D]. */
  readonly norm: Float32Array;
}

/** An encoder of L layers with fresh weights, large enough that every part of it shows in the result. */
export function encoderTask(L: number, D: number, H: number, F: number, T: number): EncoderTask {
  let seed = 0;
  const matrix = (out: number, width: number) => normals(++seed, out * width, 1 / Math.sqrt(width));
  const ones = () => new Float32Array(D).fill(1);
  const layers = Array.from({ length: L }, () => ({
    attentionNorm: ones(),
    qkv: matrix(3 * D, D),
    out: matrix(D, D),
    mlpNorm: ones(),
    gateUp: matrix(2 * F, D),
    down: matrix(D, F),
  }));
  return { D, H, F, T, eps: 1e-5, theta: 10000, x: normals(++seed, T * D), layers, norm: ones() };
}

/** A matrix [rows, columns] as [columns, rows]. */
export function transposed(data: Float32Array, columns: number): Float32Array<ArrayBuffer> {
  const rows = data.length / columns;
  return Float32Array.from(data, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]);
}
