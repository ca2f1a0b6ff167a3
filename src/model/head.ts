/**
 * The language-model head, by row parts: logits [M, V] of all rows never exist at once where the vocabulary is large.
 *
 * @module
 */
import { hostIndices, type HostTensor, hostTensor } from "../op/device.ts";
import { type Backend, remat, type Tensor } from "../op/op.ts";
import { klDivergence } from "../ops/distillation.ts";
import { crossEntropy } from "../ops/losses.ts";
import { gather, scatterRows } from "../ops/rows.ts";

/** Maximum number of logits of a part: 64 MiB. */
const MOST_LOGITS = 2 ** 24;

/** Rows of a part for a vocabulary of V, on a device that binds at most `maxTensorBytes`. */
export function partRows(V: number, { maxTensorBytes = Infinity }: { readonly maxTensorBytes?: number } = {}): number {
  return Math.max(1, Math.floor(Math.min(MOST_LOGITS, maxTensorBytes / 4) / V));
}

/** Inputs of the head: the parts of its rows. */
export interface HeadInputs<T> {
  /** Offsets [2] i32 of each part, which end with its live rows; where there are several parts, its rows [rows] i32. */
  readonly parts: readonly { readonly offsets: T; readonly rows?: T }[];
  /** Losses [M, 1] before any part has written its own, where there are several parts. */
  readonly zeros?: T;
}

/** Inputs of the head over M rows, in parts of `rows`. The first `live` of the M rows are live; the others are not read. */
export function headInputs(M: number, rows: number, live = M): HeadInputs<HostTensor> {
  const count = Math.max(1, Math.ceil(M / rows));
  const parts = Array.from({ length: count }, (_, part) => {
    const first = part * rows, length = Math.min(rows, M - first);
    const offsets = hostIndices([0, Math.min(rows, Math.max(0, live - first))]);
    return count === 1 ? { offsets } : { offsets, rows: hostIndices(Int32Array.from({ length }, (_, i) => first + i)) };
  });
  return count === 1 ? { parts } : { parts, zeros: hostTensor([M, 1], new Float32Array(M)) };
}

/** Logits [R, V] of hidden rows [R, D]; offsets [2] end with the live rows. */
export type LogitsOf<T> = (hidden: T, offsets: T) => T;

/** Rows that the head reads. */
export interface HeadRows<T> {
  /** Hidden states, [M, D]. */
  readonly hidden: T;
  /** The id to predict at each row, negative for none, [M] i32: the cross-entropy is computed where they are given. */
  readonly labels?: T;
  /** The teacher's hidden states, [M, D of the teacher]: the divergence is computed where they are given. */
  readonly taught?: T;
}

/** How a head computes logits. */
export interface HeadOptions<T> {
  /** Of the model. */
  readonly logitsOf: LogitsOf<T>;
  /** Of its teacher, with the temperature τ of the divergence. */
  readonly teacher?: { readonly logitsOf: LogitsOf<T>; readonly temperature: number };
}

/** What a head computes. */
export interface HeadOutputs<T> {
  /** Logits of each part. */
  readonly logits: readonly T[];
  /** Cross-entropy with the labels, nats, [M, 1]. */
  readonly nll?: T;
  /** KL(teacher ‖ student), nats, [M, 1]. */
  readonly kl?: T;
}

/**
 * Runs the head over rows, in the parts of {@link headInputs}.
 *
 * With several parts, a part's logits are freed before the next one's, and recomputed in the backward pass.
 */
export function headOutputs<T extends Tensor>(
  backend: Backend<T>,
  { parts, zeros }: HeadInputs<T>,
  rows: HeadRows<T>,
  { logitsOf, teacher }: HeadOptions<T>,
): HeadOutputs<T> {
  const logits: T[] = [];
  const lossesOf = ({ hidden, labels, taught }: HeadRows<T>, offsets: T): { nll?: T; kl?: T } => {
    const student = logitsOf(hidden, offsets);
    logits.push(student);
    return {
      ...(labels && { nll: crossEntropy(backend, student, labels, offsets) }),
      ...(taught && teacher && {
        kl: klDivergence(backend, { student, teacher: teacher.logitsOf(taught, offsets), offsets }, {
          temperature: teacher.temperature,
        }),
      }),
    };
  };
  if (!zeros) return { logits, ...lossesOf(rows, parts[0].offsets) };
  const losses: { nll?: T; kl?: T } = {};
  for (const { rows: list, offsets } of parts) {
    const ofPart = remat(backend, "head", () => {
      const take = (tensor: T) => gather(backend, tensor, list!, offsets);
      const { hidden, labels, taught } = rows;
      return lossesOf({
        hidden: take(hidden),
        labels: labels && take(labels),
        taught: taught && take(taught),
      }, offsets);
    });
    for (const name of ["nll", "kl"] as const) {
      const y = ofPart[name], x = losses[name] ?? zeros;
      if (y) losses[name] = scatterRows(backend, { x, y, rows: list!, offsets });
    }
  }
  return { logits, ...losses };
}
