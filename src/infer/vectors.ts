/**
 * Vectors of sequences: hidden states pooled, then what a checkpoint declares or a caller asks for.
 *
 * @module
 */
import { callback, checkOptions, either, flag, listOf, oneOf, type OptionKinds } from "../common/options.ts";
import { hostIndices, type HostTensor, hostTensor } from "../op/device.ts";
import { type Pooling, POOLINGS } from "../op/kinds.ts";
import { type Batch, packGroup } from "../model/batch.ts";
import { joinRows } from "../model/join_results.ts";
import type { DenseStep, SentenceConfig, VectorStep } from "../model/config/sentence.ts";
import type { Tensor } from "../op/op.ts";
import { activation } from "../ops/activation.ts";
import { linear } from "../ops/linear.ts";
import { pool } from "../ops/pool.ts";
import { requireFinite } from "./probabilities.ts";
import type { EncoderWeights } from "./encoder_weights.ts";
import { type CutSequence, type FittedSequences, TRUNCATE_KINDS, type TruncateOptions } from "./truncation.ts";

/** Tokens of a group of texts at most, unless one text has more: they bound the memory of activations. */
const MOST_TOKENS = 4096;

/** How texts become vectors; an option that is not given is as the checkpoint declares it. */
export interface EncodeOptions extends TruncateOptions {
  /** How hidden states are pooled, several side by side; `mean` where nothing is declared. */
  pooling?: Pooling | readonly Pooling[];
  /** Whether vectors are made unit length at the end; where nothing is declared they are not. */
  normalize?: boolean;
}

/** Pooling of sequences to vectors, and the name of a sequence in errors. */
export interface EmbedOptions extends EncodeOptions {
  /** What error messages call a sequence, by its index. */
  name?: (index: number) => string;
}

const POOLED: OptionKinds<EmbedOptions> = {
  pooling: either(oneOf(POOLINGS), listOf(oneOf(POOLINGS), "them")),
  normalize: flag,
  ...TRUNCATE_KINDS,
  name: callback,
};

/** Vectors of texts, [B, width]. */
export interface Encoded extends HostTensor {
  /** Texts that lost tokens, where there are any. */
  readonly cut?: readonly CutSequence[];
}

/** Throws a RangeError for unknown options and values of another kind. */
export function checkEmbedding(options: EmbedOptions): void {
  checkOptions("encode", options, POOLED);
}

/** How vectors are made. */
interface Plan {
  readonly poolings: readonly Pooling[];
  readonly steps: readonly VectorStep[];
  readonly width: number;
}

/** Makes vectors on a device, from hidden states of D numbers. */
export class Vectors<T extends Tensor> {
  readonly #dense = new Map<DenseStep, { w: T; bias?: T }>();

  /** For an encoder; projections are copied to its device when they are first used. */
  constructor(readonly weights: EncoderWeights<T>, readonly declared?: SentenceConfig) {}

  /** What options come to. Throws a RangeError for unknown poolings, and for vectors that a projection does not take. */
  plan(options: EmbedOptions): Plan {
    checkEmbedding(options);
    const { pooling, normalize } = options;
    const { poolings = ["mean"], steps = [], truncate = Infinity } = this.declared ?? {};
    const wanted = pooling === undefined ? poolings : [pooling].flat() as Pooling[];
    if (wanted.length === 0) throw new RangeError("Cannot encode: pooling is an empty list");
    const others = normalize === undefined ? steps : steps.filter((step) => step !== "normalize");
    const planned = normalize ? [...others, "normalize" as const] : others;
    let width = wanted.length * this.weights.config.D;
    for (const step of planned) {
      if (step === "normalize") continue;
      const [O, I] = step.weight.shape;
      if (width !== I) {
        throw new RangeError(
          `Cannot encode: pooling ${wanted.join(", ")} gives ${width} numbers, the projection takes ${I}`,
        );
      }
      width = O;
    }
    return { poolings: wanted, steps: planned, width: Math.min(width, truncate) };
  }

  /**
   * One vector a sequence of ids, [B, width], as many sequences at once as the device can bind.
   *
   * Throws as {@link Vectors.plan} does, for sequences that cannot be run, and an Error for vectors that are not finite, by
   * the name of their sequence.
   */
  async of({ sequences, cut }: FittedSequences, options: EmbedOptions): Promise<Encoded> {
    const { name = (b: number) => `sequence ${b + 1}` } = options, vectors: HostTensor[] = [];
    let first = 0;
    for (const group of this.weights.groups(sequences, MOST_TOKENS)) {
      const start = first;
      first += group.length;
      vectors.push(await this.#run(group, options, (b) => name(start + b)));
    }
    return cut.length > 0 ? { ...joinRows(vectors), cut } : joinRows(vectors);
  }

  async #run(group: readonly ArrayLike<number>[], options: EmbedOptions, name: (b: number) => string) {
    const { poolings, steps, width } = this.plan(options);
    const batch = packGroup(group, this.weights.config), B = group.length;
    const each = hostIndices(Int32Array.from(batch.offsets.data, (_, b) => b));
    const one = poolings.length === 1;
    const key = `pool ${poolings} ${one ? stepsKey(steps) : ""}`;
    const program = this.weights.program<{ batch: Batch; each: HostTensor }, HostTensor[]>(
      key,
      group,
      ({ batch, each }, tables) => {
        const x = this.weights.encode(batch, tables).hidden;
        const parts = poolings.map((kind) => pool(this.weights.device, x, batch.offsets, { kind, normalize: false }));
        return one ? [this.#follow(parts[0], each, steps)] : parts;
      },
    );
    let y = sideBySide(await program({ batch, each }));
    if (!one && steps.length > 0) {
      const program = this.weights.programs.get(
        `vectors ${stepsKey(steps)}`,
        ({ x, each }) => ({ y: this.#follow(x, each, steps) }),
      );
      y = (await program({ x: y, each })).y;
    }
    const made = firstColumns({ shape: [B, y.shape[1]], data: y.data.subarray(0, B * y.shape[1]) }, width);
    for (let b = 0; b < B; b++) {
      requireFinite(made.data, () => `encode: the numbers of the vector of ${name(b)}`, b * width, (b + 1) * width);
    }
    return made;
  }

  /** Steps on vectors x [B, width]; with `each`, a sequence is a row. */
  #follow(x: T, each: T, steps: readonly VectorStep[]): T {
    return steps.reduce((x, step) => {
      if (step === "normalize") return pool(this.weights.device, x, each, { kind: "first", normalize: true });
      const { w, bias } = this.#weights(step);
      const y = linear(this.weights.device, x, w, { bias });
      return step.activation ? activation(this.weights.device, y, step.activation) : y;
    }, x);
  }

  #weights(step: DenseStep): { w: T; bias?: T } {
    const weights = this.#dense.get(step) ??
      { w: this.weights.device.from(step.weight), bias: step.bias && this.weights.device.from(step.bias) };
    this.#dense.set(step, weights);
    return weights;
  }

  /** Frees projections. */
  dispose(): void {
    for (const { w, bias } of this.#dense.values()) {
      this.weights.device.free(w);
      if (bias) this.weights.device.free(bias);
    }
  }
}

/** Steps as a part of a program's name: a model has its projections in one order only. */
const stepsKey = (steps: readonly VectorStep[]) =>
  steps.map((step) => step === "normalize" ? step : `dense ${step.weight.shape}`).join(" ");

/** Rows of several tables [B, D] as one, [B, n·D]. */
function sideBySide(parts: readonly HostTensor[]): HostTensor {
  if (parts.length === 1) return parts[0];
  const [B, D] = parts[0].shape;
  const data = new Float32Array(B * D * parts.length);
  parts.forEach((part, i) => {
    for (let b = 0; b < B; b++) data.set(part.data.subarray(b * D, (b + 1) * D), (b * parts.length + i) * D);
  });
  return hostTensor([B, parts.length * D], data);
}

/** The first columns of a table, [B, width]. */
function firstColumns({ shape: [B, D], data }: HostTensor, width: number): HostTensor {
  if (width === D) return hostTensor([B, D], data);
  const kept = data.filter((_, i) => i % D < width);
  return hostTensor([B, width], kept);
}
