/**
 * Calls on a device. Errors of a call arrive later, in order; a failed call frees all that it allocated.
 *
 * @module
 */
import { ShortageError } from "../../src/op/device.ts";
import type { FaultWatch } from "./faults.ts";
import { Shortage } from "./headroom.ts";
import { type Memory, newAccount } from "./memory.ts";
import type { PipelineCache } from "./pipelines.ts";
import { inScopes, type ScopeError } from "./scopes.ts";
import type { GpuTensor } from "./tensor.ts";

/** Resources that GPU work reads and writes. */
export interface Uses {
  /** Persistent tensors that it reads. */
  readonly reads: readonly GpuTensor[];
  /** Persistent tensors that it overwrites in place. */
  readonly writes: readonly GpuTensor[];
  /** Buffers that are bound. */
  readonly buffers: ReadonlySet<GPUBuffer>;
}

/** Submitted work. */
export interface Work<R> {
  /** What it uses. */
  readonly uses: Uses;
  /** Its result; the promise must not reject unhandled. */
  readonly result: Promise<R>;
  /** Called if it failed. */
  readonly failed?: () => void;
}

/** Options of submitting work. */
export interface Manner {
  /** Whether its result is never awaited. */
  readonly started?: boolean;
  /** Whether it may be retried; true unless given. */
  readonly again?: boolean;
}

/** Reason of a failure. */
interface Failure {
  readonly reason: string;
  readonly shortage: boolean;
}

/** One attempt: its submitted work, or the reason of its failure. */
interface Attempt<R> {
  readonly value: R;
  readonly failure: Promise<Failure | undefined>;
}

/** The calls of a device. */
export class Calls {
  #settled: Promise<unknown> = Promise.resolve();
  #performed = 0;

  /** Calls that allocate from a memory; pipelines of failed calls are compiled again. */
  constructor(readonly memory: Memory, readonly pipelines: PipelineCache, readonly faults: FaultWatch) {}

  /** Allocates a persistent tensor; after a later failure every use of the tensor throws. */
  allocate(action: string, tensor: GpuTensor, body: () => void): void {
    const { failure } = this.#attempt(action, body);
    this.#inOrder(failure, (failure) => void (tensor.fault ??= failure?.reason));
  }

  /**
   * Submits work at once, and resolves with its result in the order of the calls. Rejects with the GPU's error. In a
   * shortage of memory the work is retried once without idle buffers, if nothing has been submitted since.
   * An error of `started` work is kept for the next call that reads the tensors it overwrites. Immediate errors are
   * thrown.
   */
  perform<R>(action: string, body: () => Work<R>, { started = false, again = true }: Manner = {}): Promise<R> {
    const first = this.#attempt(action, body);
    const number = ++this.#performed;
    const last = first.failure.then((failure) => {
      const last = again && failure?.shortage && number === this.#performed;
      return last ? this.#again(action, body, { ...first, failure }) : { ...first, failure };
    });
    return this.#inOrder(last, ({ value, failure }) => {
      const { reads, writes } = value.uses;
      const missed = reads.map(({ missed }) => missed).find((missed) => missed && !missed.told);
      const reason = reads.find(({ fault }) => fault)?.fault ?? missed?.reason ?? failure?.reason;
      if (reason === undefined) return value;
      value.failed?.();
      if (missed) missed.told ||= !started;
      if (started) { for (const tensor of writes) tensor.missed = missed ?? { reason, told: false }; }
      throw failure?.shortage ? new ShortageError(action, reason) : new Error(`Cannot ${action}: ${reason}`);
    }).then(({ result }) => result);
  }

  async #again<V>(action: string, body: () => V, first: { value: V; failure: Failure }) {
    try {
      const { value, failure } = this.#attempt(action, body);
      return { value, failure: await failure };
    } catch {
      return first;
    }
  }

  /** Waits for all pending calls, whether they fail or not. */
  async settle(): Promise<void> {
    await this.#settled;
  }

  /** Processes the outcome of a call after those of all earlier calls. */
  #inOrder<A, R>(call: Promise<A>, process: (outcome: A) => R): Promise<R> {
    const processed = Promise.all([call, this.#settled]).then(([outcome]) => process(outcome));
    this.#settled = processed.catch(() => {});
    return processed;
  }

  /** Attempts work; in a shortage of memory a second time, without idle buffers. */
  #attempt<R>(action: string, body: () => R): Attempt<R> {
    this.faults.check(action);
    try {
      return this.#once(body);
    } catch (error) {
      if (!(error instanceof Shortage)) throw error;
    }
    try {
      return this.#once(body);
    } catch (error) {
      throw error instanceof Shortage ? new ShortageError(action, error.message, { cause: error }) : error;
    }
  }

  #once<R>(body: () => R): Attempt<R> {
    const { memory, pipelines, faults } = this;
    const asked = newAccount(), made: string[] = [];
    let uses: Uses | undefined;
    const failed = ({ shortage, message }: ScopeError): Failure => {
      pipelines.forget(made);
      const cause = shortage ? undefined : memory.reasonOf(uses?.buffers ?? []); // a buffer of another call that failed
      const reason = memory.discard(asked, shortage ? undefined : cause ?? message);
      if (shortage) memory.trim(asked.bytes);
      return { reason, shortage: shortage || cause !== undefined };
    };
    const failureOf = async (error?: ScopeError) => {
      if (error && !error.shortage && /\blost\b/i.test(error.message)) await faults.settle(); // a consequence
      return error && !faults.gone ? failed(error) : undefined;
    };
    try {
      const { value, error } = inScopes(
        memory.device,
        () => memory.account(asked, () => pipelines.account(made, body)),
      );
      uses = (value as { uses?: Uses } | undefined)?.uses;
      return { value, failure: error.then(failureOf) };
    } catch (error) {
      pipelines.forget(made);
      const reason = memory.discard(asked);
      if (!(error instanceof Shortage)) throw error;
      memory.trim(asked.bytes);
      throw new Shortage(reason, { cause: error });
    }
  }
}
