/**
 * A backend that wraps a backend and remembers, so that it can differentiate.
 *
 * @module
 */
import type { AnyOp, Backend, Inputs, Op, Outputs, Tensor } from "./op.ts";
import { add } from "./ops/add.ts";

/** One remembered call. */
interface Entry<T> {
  readonly op: AnyOp;
  readonly inputs: Readonly<Record<string, T | undefined>>;
  readonly outputs: Readonly<Record<string, T>>;
  readonly params: unknown;
}

/**
 * Runs operations on another backend and remembers those that lie between the watched tensors and the results.
 *
 * Reverse-mode differentiation with the operations' own derivatives, in the same vocabulary: it works on every backend, and
 * weights that are used several times, which is what recursion is, accumulate.
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

  /** Watches tensors, over a backend. */
  constructor(readonly backend: Backend<T>, watched: Iterable<T>) {
    this.#alive = new Set(watched);
  }

  /** Runs one operation and remembers it if a gradient can flow through it. */
  run<I extends string, O extends string, P>(op: Op<I, O, P>, inputs: Inputs<I, T>, params: P): Outputs<O, T> {
    const outputs = this.backend.run(op, inputs, params);
    const given = Object.values<T | undefined>(inputs);
    if (op.vjp && given.some((tensor) => tensor && this.#alive.has(tensor))) {
      this.#entries.push({ op, inputs, outputs, params } as Entry<T>);
      for (const tensor of Object.values<T>(outputs)) if (tensor.dtype === "f32") this.#alive.add(tensor);
    }
    return outputs;
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
    for (const { op, inputs, outputs, params } of this.#entries.toReversed()) {
      const arrived = Object.entries(outputs).filter(([, tensor]) => gradients.has(tensor));
      if (arrived.length === 0) continue;
      const grads = Object.fromEntries(arrived.map(([name, tensor]) => [name, gradients.get(tensor)!]));
      const derivatives = op.vjp!(this.backend, { inputs: inputs as Record<string, T>, outputs, grads, params });
      for (const [name, tensor] of Object.entries(inputs)) {
        if (tensor && this.#alive.has(tensor) && derivatives[name]) accumulate(tensor, derivatives[name]());
      }
      for (const [, tensor] of arrived) gradients.delete(tensor);
    }
    return gradients;
  }
}
