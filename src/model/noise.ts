/**
 * Noise of training inside a model: dropout where the configuration asks for it, jitter of what the experts' router reads.
 *
 * @module
 */
import type { Backend, Tensor } from "../op/op.ts";
import { add } from "../ops/add.ts";
import { dropout, jitter } from "../ops/noise.ts";

/** Present in training only. */
export interface Noise<T> {
  /** A seed that changes with every step, and the number of the first row in the step, [2] i32. */
  readonly seed: T;
  /** Rows of the batch that a layer runs, where it does not run all, [M] i32. */
  readonly rows?: T;
  /** Share of elements that dropout takes. */
  readonly dropout: number;
  /** Which use of a layer this is, so that each draws its own numbers. */
  readonly use: number;
}

/** Places in a layer that draw numbers. */
const places = ["attention", "feedForward", "router", "embedding"] as const;

function saltOf({ use }: Noise<unknown>, place: (typeof places)[number]): number {
  return use * places.length + places.indexOf(place);
}

/** residual + dropout(branch), or the branch computed with its residual where nothing drops. `branch` [M, D] → [M, D]. */
export function addResidual<T extends Tensor>(
  backend: Backend<T>,
  residual: T,
  noise: Noise<T> | undefined,
  place: "attention" | "feedForward",
  branch: (residual?: T) => T,
): T {
  if (!noise?.dropout) return branch(residual);
  return add(
    backend,
    residual,
    dropout(backend, branch(), noise, {
      rate: noise.dropout,
      salt: saltOf(noise, place),
    }),
  );
}

/** Embeddings with dropout, in training. x [M, D] → [M, D]. */
export function dropEmbeddings<T extends Tensor>(backend: Backend<T>, x: T, noise?: Noise<T>): T {
  if (!noise?.dropout) return x;
  return dropout(backend, x, noise, { rate: noise.dropout, salt: saltOf(noise, "embedding") });
}

/** Input of the experts' router: h·U(1 − ε, 1 + ε) in training, else h (docs/mol.md, "Top-k experts"). h [M, D] → [M, D]. */
export function jittered<T extends Tensor>(backend: Backend<T>, h: T, rate: number, noise?: Noise<T>): T {
  return noise && rate > 0 ? jitter(backend, h, noise, { rate, salt: saltOf(noise, "router") }) : h;
}
