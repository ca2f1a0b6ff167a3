/**
 * A backend that wraps a backend and remembers, so that it can differentiate.
 *
 * @module
 */
import type { AnyOp, Backend, Inputs, Op, Outputs, SegmentKind, Tensor } from "../op/op.ts";
import { add } from "./add.ts";

/** Operations whose results are computed again for the backward pass: each tensor's call, and what is back already. */
interface Forgotten<T> {
  readonly calls: Map<T, Entry<T>>;
  readonly back: Map<T, T>;
}

/** One remembered call. */
interface Entry<T> {
  readonly op: AnyOp;
  readonly inputs: Readonly<Record<string, T | undefined>>;
  readonly outputs: Readonly<Record<string, T>>;
  readonly params: unknown;
  readonly forgotten?: Forgotten<T>;
}

/** What a tape does beside remembering. */
export interface TapeOptions {
  /** Segments that are computed again in the backward pass instead of being kept. */
  readonly forget?: readonly SegmentKind[];
}

/**
 * Runs operations on another backend and remembers those that lie between the watched tensors and the results.
 *
 * Reverse-mode differentiation with the operations' own derivatives, in the same vocabulary: it works on every backend, and
 * weights that are used several times, which is what recursion is, accumulate. Results inside a forgotten segment are
 * computed again when the backward pass arrives there (Chen et al., arXiv 1604.06174): the same gradients, less memory.
 *
 * ```ts
 * import { ReferenceDevice } from "@refrain/transformers/reference";
 * import { activation, hostTensor, mean, Tape } from "@refrain/transformers/model";
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
  #forgotten?: Forgotten<T>;

  /** Watches tensors, over a backend. */
  constructor(readonly backend: Backend<T>, watched: Iterable<T>, readonly options: TapeOptions = {}) {
    this.#alive = new Set(watched);
  }

  /** Runs one operation, a fused one in its parts, and remembers it if a gradient can flow through it. */
  run<I extends string, O extends string, P>(op: Op<I, O, P>, inputs: Inputs<I, T>, params: P): Outputs<O, T> {
    if (op.compose) return op.compose(this, inputs, params);
    const outputs = this.backend.run(op, inputs, params);
    const entry = { op, inputs, outputs, params, forgotten: this.#forgotten } as Entry<T>;
    const made = Object.values<T>(outputs);
    const given = Object.values<T | undefined>(inputs);
    if (op.vjp && given.some((tensor) => tensor && this.#alive.has(tensor))) {
      this.#entries.push(entry);
      for (const tensor of made) if (tensor.dtype === "f32") this.#alive.add(tensor);
    }
    if (made.some(({ dtype }) => dtype === "f32")) {
      for (const tensor of made) this.#forgotten?.calls.set(tensor, entry);
    }
    return outputs;
  }

  /** The wrapped backend. */
  get withoutGrad(): Backend<T> {
    return this.backend;
  }

  /** Runs a body whose results are forgotten, if the options say so; of nested ones the outermost counts. */
  segment<R>(kind: SegmentKind, body: () => R): R {
    if (this.#forgotten || !this.options.forget?.includes(kind)) return body();
    this.#forgotten = { calls: new Map(), back: new Map() };
    try {
      return body();
    } finally {
      this.#forgotten = undefined;
    }
  }

  /** A tensor's value in the backward pass: as it was, or computed again. */
  #recall(tensor: T, forgotten: Forgotten<T> | undefined): T {
    const call = forgotten?.calls.get(tensor);
    if (!call) return tensor;
    const { back } = forgotten!;
    if (!back.has(tensor)) {
      const { op, inputs, outputs, params } = call;
      const again = Object.entries(inputs).map(([name, input]) => [name, input && this.#recall(input, forgotten)]);
      const results: Record<string, T> = this.backend.run(op, Object.fromEntries(again), params);
      for (const [name, output] of Object.entries(outputs)) back.set(output, results[name]);
    }
    return back.get(tensor)!;
  }

  /** Tensors by name that are recalled when they are asked for. */
  #recalled(tensors: Readonly<Record<string, T | undefined>>, forgotten?: Forgotten<T>): Record<string, T> {
    const named: Record<string, T> = {};
    for (const [name, tensor] of Object.entries(tensors)) {
      Object.defineProperty(named, name, { get: () => tensor && this.#recall(tensor, forgotten), enumerable: true });
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
    for (const { op, inputs, outputs, params, forgotten } of this.#entries.toReversed()) {
      const arrived = Object.entries(outputs).filter(([, tensor]) => gradients.has(tensor));
      if (arrived.length === 0) continue;
      const grads = Object.fromEntries(arrived.map(([name, tensor]) => [name, gradients.get(tensor)!]));
      const recalled = { inputs: this.#recalled(inputs, forgotten), outputs: this.#recalled(outputs, forgotten) };
      const derivatives = op.vjp!(this.backend, { ...recalled, grads, params });
      for (const [name, tensor] of Object.entries(inputs)) {
        if (tensor && this.#alive.has(tensor) && derivatives[name]) accumulate(tensor, derivatives[name]());
      }
      for (const [, tensor] of arrived) gradients.delete(tensor);
    }
    return gradients;
  }
}
