/**
 * Reverse-mode automatic differentiation: a backend that records the calls it passes on.
 *
 * @module
 */
import type { AnyOp, Backend, Inputs, Op, Outputs, RematKind, Tensor } from "../op/op.ts";
import { add } from "./add.ts";

/** A rematerialization region: the call that computed each tensor, and the tensors recomputed so far. */
interface Region<T> {
  readonly calls: Map<T, Entry<T>>;
  readonly recomputed: Map<T, T>;
}

/** One recorded call. */
interface Entry<T> {
  readonly op: AnyOp;
  readonly inputs: Readonly<Record<string, T | undefined>>;
  readonly outputs: Readonly<Record<string, T>>;
  readonly params: unknown;
  readonly region?: Region<T>;
}

/** Options of a tape. */
export interface TapeOptions {
  /** Regions whose results are recomputed in the backward pass instead of kept. */
  readonly recompute?: readonly RematKind[];
}

/**
 * Runs operations on another backend and records the operations that depend on a watched tensor.
 *
 * The backward pass calls each operation's `vjp`, written in the same operations, so it runs on every backend. Gradients of
 * a weight that is used several times, as in recursion, are summed. Results of a recomputed region are dropped and computed
 * again in the backward pass (Chen et al., arXiv 1604.06174): the same gradients in less memory.
 *
 * ```ts
 * import { ReferenceDevice } from "@refrain/transformers/reference";
 * import { activation, hostTensor, mean, Tape } from "@refrain/transformers/ops";
 * const device = new ReferenceDevice();
 * const x = device.from(hostTensor([2, 1], [3, 5]));
 * const tape = new Tape(device, [x]);
 * const loss = mean(tape, activation(tape, x, "square"));
 * const gradients = tape.gradients([{ result: loss, seed: device.from(hostTensor([1], [1])) }]);
 * const { dx } = await device.read({ dx: gradients.get(x)! }); // 2·x/2 is [3, 5]
 * ```
 */
export class Tape<T extends Tensor> implements Backend<T> {
  readonly #entries: Entry<T>[] = [];
  /** Tensors that depend on a watched one. */
  readonly #alive: Set<T>;
  #region?: Region<T>;

  /** Differentiates with respect to the watched tensors. */
  constructor(readonly backend: Backend<T>, watched: Iterable<T>, readonly options: TapeOptions = {}) {
    this.#alive = new Set(watched);
  }

  /** Runs one operation, a fused one as its composition, and records it if an input depends on a watched tensor. */
  run<I extends string, O extends string, P>(op: Op<I, O, P>, inputs: Inputs<I, T>, params: P): Outputs<O, T> {
    if (op.compose) return op.compose(this, inputs, params);
    const outputs = this.backend.run(op, inputs, params);
    const entry = { op, inputs, outputs, params, region: this.#region } as Entry<T>;
    const made = Object.values<T>(outputs);
    const given = Object.values<T | undefined>(inputs);
    if (op.vjp && given.some((tensor) => tensor && this.#alive.has(tensor))) {
      this.#entries.push(entry);
      for (const tensor of made) if (tensor.dtype === "f32") this.#alive.add(tensor);
    }
    if (made.some(({ dtype }) => dtype === "f32")) {
      for (const tensor of made) this.#region?.calls.set(tensor, entry);
    }
    return outputs;
  }

  /** The wrapped backend. */
  get withoutGrad(): Backend<T> {
    return this.backend;
  }

  /** Runs a body whose results are recomputed if `recompute` has its kind; a nested region belongs to the outer one. */
  remat<R>(kind: RematKind, body: () => R): R {
    if (this.#region || !this.options.recompute?.includes(kind)) return body();
    this.#region = { calls: new Map(), recomputed: new Map() };
    try {
      return body();
    } finally {
      this.#region = undefined;
    }
  }

  /** A tensor's value in the backward pass: the kept tensor, or the recomputed one. */
  #valueOf(tensor: T, region: Region<T> | undefined): T {
    const call = region?.calls.get(tensor);
    if (!call) return tensor;
    const { recomputed } = region!;
    if (!recomputed.has(tensor)) {
      const { op, inputs, outputs, params } = call;
      const again = Object.entries(inputs).map(([name, input]) => [name, input && this.#valueOf(input, region)]);
      const results: Record<string, T> = this.backend.run(op, Object.fromEntries(again), params);
      for (const [name, output] of Object.entries(outputs)) recomputed.set(output, results[name]);
    }
    return recomputed.get(tensor)!;
  }

  /** Tensors by name whose values are recomputed on first access. */
  #lazily(tensors: Readonly<Record<string, T | undefined>>, region?: Region<T>): Record<string, T> {
    const named: Record<string, T> = {};
    for (const [name, tensor] of Object.entries(tensors)) {
      Object.defineProperty(named, name, { get: () => tensor && this.#valueOf(tensor, region), enumerable: true });
    }
    return named;
  }

  /**
   * Gradients of Σ seed·result, by tensor; a watched tensor that no result depends on has none.
   *
   * `seed` has the shape of its result.
   */
  gradients(results: Iterable<{ readonly result: T; readonly seed: T }>): Map<T, T> {
    const gradients = new Map<T, T>();
    const accumulate = (tensor: T, gradient: T) => {
      const known = gradients.get(tensor);
      gradients.set(tensor, known ? add(this.backend, known, gradient) : gradient);
    };
    for (const { result, seed } of results) accumulate(result, seed);
    for (const { op, inputs, outputs, params, region } of this.#entries.toReversed()) {
      const arrived = Object.entries(outputs).filter(([, tensor]) => gradients.has(tensor));
      if (arrived.length === 0) continue;
      const grads = Object.fromEntries(arrived.map(([name, tensor]) => [name, gradients.get(tensor)!]));
      const values = { inputs: this.#lazily(inputs, region), outputs: this.#lazily(outputs, region) };
      const derivatives = op.vjp!(this.backend, { ...values, grads, params });
      for (const [name, tensor] of Object.entries(inputs)) {
        if (tensor && this.#alive.has(tensor) && derivatives[name]) accumulate(tensor, derivatives[name]());
      }
      for (const [, tensor] of arrived) gradients.delete(tensor);
    }
    return gradients;
  }
}
