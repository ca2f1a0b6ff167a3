/**
 * An engine: requests share one model by continuous depth-wise batching (Mixture-of-Recursions, arXiv 2507.10524, §2.3).
 *
 * @module
 */
import type { HostTensor } from "../../op/device.ts";
import type { Tensor } from "../../op/op.ts";
import type { DecoderModel } from "../decoder.ts";
import type { GenerateOptions } from "../generate_options.ts";
import { Scheduler } from "./scheduler.ts";
import type { EngineOptions, EngineStatus, Generation, TextEngine } from "./api.ts";
import { fittingStep, openStep } from "./open.ts";
import { processLogits } from "./processors.ts";
import { requestOf } from "./request.ts";
import { freeStacked } from "./routers.ts";
import { Prefill } from "./prefill.ts";
import type { EngineReading } from "./state.ts";
import { statusOf } from "./status.ts";
import type { EngineStep } from "./engine_step.ts";
import type { WarmupOptions } from "../rehearse.ts";
import { deliver, mostIdleSteps, paced, type Steps } from "./delivery.ts";

/** Serves requests on a decoder's device; {@link Engine.open} makes one. */
export class Engine<T extends Tensor = Tensor> implements TextEngine {
  readonly #step: EngineStep<T>;
  readonly #open: (model: DecoderModel<T>) => Promise<EngineStep<T>>;
  readonly #prefill: Prefill<T>;
  readonly #scheduler: Scheduler;
  readonly #depths: number[];
  #steps = 0;
  #tokens = 0;
  #table?: HostTensor;
  #serving?: Promise<void>;
  #closed?: Error;
  #freed?: Promise<void>;

  private constructor(step: EngineStep<T>, open: (model: DecoderModel<T>) => Promise<EngineStep<T>>) {
    this.#step = step;
    this.#open = open;
    const { state: { S, layout, config } } = step;
    this.#scheduler = new Scheduler(S, layout.pages);
    this.#prefill = new Prefill(step);
    this.#depths = new Array(config.recursion.N).fill(0);
  }

  /**
   * Makes an engine on the model's device.
   *
   * Throws a RangeError for hybrid keys and values, numbers out of range, and too little memory for any sequence.
   */
  static async open<T extends Tensor>(model: DecoderModel<T>, options: EngineOptions = {}): Promise<Engine<T>> {
    const open = (model: DecoderModel<T>) => openStep(model, options);
    return new Engine(await open(model), open);
  }

  /**
   * Makes an engine for sequences of these numbers of tokens, all at the same time where slots and memory allow it.
   *
   * Throws as {@link Engine.open} does.
   */
  static async fitting<T extends Tensor>(
    model: DecoderModel<T>,
    tokens: readonly number[],
    stops?: readonly number[],
  ): Promise<Engine<T>> {
    const open = (model: DecoderModel<T>) => fittingStep(model, tokens, stops);
    return new Engine(await open(model), open);
  }

  /**
   * Continues a text, or ids, as `generate` does; the same seed gives the same tokens, whatever else is served.
   *
   * Throws as `generate` does, and a RangeError where the prompt and its new tokens can never fit into the caches, and where
   * the device has no room for the counts of a repetition penalty.
   */
  submit(prompt: string | ArrayLike<number>, options: GenerateOptions = {}): Generation {
    if (this.#closed) throw this.#closed;
    this.#step.model.check("generate");
    const { model, options: { stops }, state } = this.#step;
    const request = requestOf(model, state, stops, prompt, options);
    if (!request.stream.over) this.#scheduler.waiting.push(request);
    this.#serving ??= this.#serve();
    return request.stream;
  }

  /** Compiles the pipelines of this engine, all at the same time. Throws as `warmup` of a decoder does. */
  async warmup(options: WarmupOptions = {}): Promise<void> {
    const { warmEngine } = await import("./warm.ts");
    const { model, state } = this.#step, open = this.#open;
    await warmEngine(model, state.layout.tokens, async (other) => new Engine(await open(other), open), options);
  }

  /** Load and memory. */
  status(): EngineStatus {
    return statusOf(this.#step.state, this.#scheduler, this.#table, {
      steps: this.#steps,
      tokens: this.#tokens,
      depths: [...this.#depths],
    });
  }

  /** Serves until no request is left; the device runs the next steps while those before are read. */
  async #serve(): Promise<void> {
    await Promise.resolve(); // requests submitted together are admitted together
    let running: Steps | undefined;
    try {
      for (let limit = 1, started = performance.now(); running || this.#scheduler.requests.length > 0;) {
        const early = running && this.#scheduler.processes ? running : undefined;
        if (early) [running] = [undefined, this.#deliver(early, await early.read)]; // processors get all tokens so far
        const next = await this.#run(limit, running?.steps ?? 0);
        if (running) this.#deliver(running, await running.read);
        else if (!next && !early) this.#scheduler.failStuck();
        const now = performance.now();
        if (running?.steps) limit = paced(running.steps, now - started);
        if (running) started = now;
        running = next;
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#end(new Error(`Cannot generate: the engine has stopped, ${reason}`, { cause: error }));
      this.#scheduler.admit(); // frees all slots
    } finally {
      this.#serving = undefined; // at once: a request from now on starts the loop again
    }
  }

  /** Admits waiting requests, runs a part of the prompts and some steps; undefined where there was nothing to run. */
  async #run(limit: number, inFlight: number): Promise<Steps | undefined> {
    this.#step.model.check("run the model");
    this.#prefill.admit(this.#scheduler.admit());
    const reads = this.#prompts(), { processes, kind, slots } = this.#scheduler;
    const steps = Math.min(processes ? 1 : limit, this.#useful(inFlight));
    if (!reads && steps === 0) return undefined;
    if (processes && steps > 0) await this.#step.process(kind, (logits) => processLogits(logits, slots));
    else if (steps > 0) this.#step.start(steps, kind);
    const read = this.#step.state.read(kind.lists), first = this.#steps;
    read.catch(() => {}); // awaited later, or never where the steps before have failed
    this.#steps += steps;
    return { first, steps, slots: [...slots], read };
  }

  /** Runs a part of the prompts that are not cached yet, and starts sequences with cached prompts; true where there was any. */
  #prompts(): boolean {
    const { parts, maxDepth, entering } = this.#scheduler.prompts();
    if (parts.length > 0) this.#prefill.prompts(parts, maxDepth);
    const last = entering.map((slot) => this.#scheduler.slots[slot]!.stream.options.prompt.at(-1)!);
    if (entering.length > 0) this.#prefill.enter(entering, last);
    return parts.length + entering.length > 0;
  }

  /** Steps after those in flight, after which no sequence has a token to come. */
  #useful(inFlight: number): number {
    const left = this.#scheduler.decoding.map(({ stream: { options: { most }, newTokens } }) => most - newTokens);
    return Math.max(0, Math.max(0, ...left) * this.#step.state.layout.recursionRows.length - inFlight);
  }

  /** Delivers the tokens of some steps, and counts them. */
  #deliver(steps: Steps, reading: EngineReading): void {
    this.#table = reading.slots;
    const { S, config: { recursion: { N } } } = this.#step.state;
    for (const { depth } of deliver(steps, reading, mostIdleSteps(S, N))) {
      this.#tokens++;
      this.#depths[depth - 1]++;
    }
  }

  #end(reason: Error): void {
    this.#closed ??= reason;
    for (const { stream } of this.#scheduler.requests) stream.fail(this.#closed);
  }

  /** The same as {@link Engine.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Ends all requests with an error, and frees everything but the model; the second time it does nothing. */
  close(): Promise<void> {
    return this.#freed ??= this.#free();
  }

  async #free(): Promise<void> {
    this.#end(new Error("Cannot generate: the engine was closed"));
    await this.#serving;
    const { model, state, options: { router, auxiliary } } = this.#step;
    freeStacked(model, [router, auxiliary]);
    state.dispose();
    this.#prefill.dispose();
    this.#step.dispose();
  }
}
