/**
 * An engine: requests from many sides share one model, and no token waits for the deepest one of a batch.
 *
 * @module
 */
import type { HostTensor } from "../../op/device.ts";
import type { Tensor } from "../../op/op.ts";
import { SLOT } from "../../ops/slots.ts";
import type { DecoderModel } from "../decoder.ts";
import type { GenerateOptions } from "../generate_options.ts";
import { Admission } from "./admission.ts";
import type { EngineOptions, EngineStatus, Generation, TextEngine } from "./api.ts";
import { unitBytes } from "./layout.ts";
import { fittingTick, openTick } from "./open.ts";
import { type Request, requestOf } from "./request.ts";
import { freeStacked } from "./routers.ts";
import { Seating } from "./seating.ts";
import type { Tick } from "./tick.ts";
import { deliver, KEPT, mostIdleTicks, paced, type Ticks } from "./ticks.ts";

/** Milliseconds between readings while a request waits: a slot is free once the end of its sequence was read. */
const WAITED = 40;

/** Serves requests on a decoder's device; {@link Engine.open} makes one. */
export class Engine<T extends Tensor = Tensor> implements TextEngine {
  readonly #tick: Tick<T>;
  readonly #seating: Seating<T>;
  readonly #admission: Admission;
  readonly #depths: number[];
  #ticks = 0;
  #tokens = 0;
  #table?: HostTensor;
  #serving?: Promise<void>;
  #closed?: Error;
  #freed?: Promise<void>;

  private constructor(tick: Tick<T>) {
    this.#tick = tick;
    const { state: { S, layout, config } } = tick;
    this.#admission = new Admission(S, layout.pool);
    this.#seating = new Seating(tick);
    this.#depths = new Array(config.recursion.N).fill(0);
  }

  /**
   * Makes room for requests on the model's device.
   *
   * Throws a RangeError for hybrid keys and values, numbers out of range, and too little memory for any sequence.
   */
  static async open<T extends Tensor>(model: DecoderModel<T>, options: EngineOptions = {}): Promise<Engine<T>> {
    return new Engine(await openTick(model, options));
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
    return new Engine(await fittingTick(model, tokens, stops));
  }

  /**
   * Continues a text, or ids, as `generate` does; the same seed gives the same tokens, whoever else is served.
   *
   * Throws as `generate` does, and a RangeError where the prompt and its new tokens can never fit into the caches, and where
   * the device has no room for the counts of a repetition penalty.
   */
  submit(prompt: string | ArrayLike<number>, options: GenerateOptions = {}): Generation {
    if (this.#closed) throw this.#closed;
    this.#tick.model.check("generate");
    const { model, options: { stops }, state } = this.#tick;
    const request = requestOf(model, state, stops, prompt, options);
    if (!request.stream.over) this.#admission.waiting.push(request);
    this.#serving ??= this.#serve();
    return request.stream;
  }

  /** What it is doing. */
  status(): EngineStatus {
    const { layout } = this.#tick.state, { slots, waiting } = this.#admission;
    const bytes = unitBytes(layout), columns = SLOT.rows + layout.units.length;
    const wanted = (list: readonly (Request | undefined)[]) =>
      list.filter((request) => request && !request.stream.over).length;
    const rows = (column: number) =>
      slots.reduce((sum, request, s) => sum + (request ? this.#table?.data[s * columns + column] ?? 0 : 0), 0);
    return {
      running: wanted(slots),
      waiting: wanted(waiting),
      ticks: this.#ticks,
      tokens: this.#tokens,
      depths: [...this.#depths],
      cacheBytes: layout.pool * bytes.reduce((sum, part) => sum + part, 0),
      outerBytesInUse: rows(SLOT.length) * layout.outer.length * layout.rowBytes,
      bytesInUse: layout.units.map((_, r) => bytes[r + 1] ? rows(SLOT.rows + r) * layout.block * layout.rowBytes : 0),
    };
  }

  /** Serves until no request is left; the device runs the next ticks while those before are read. */
  async #serve(): Promise<void> {
    await Promise.resolve(); // those who submit together are seated together
    let running: Ticks | undefined;
    try {
      for (let steps = 1; running || this.#admission.requests.length > 0;) {
        const started = performance.now();
        const next = this.#run(steps);
        if (running) this.#deliver(running, await running.read);
        else if (!next) this.#admission.failStuck();
        running = next;
        const spent = performance.now() - started, reading = this.#admission.waiting.length > 0 ? WAITED : undefined;
        if (next?.ticks) steps = Math.min(KEPT / 2, paced(next.ticks, spent, reading));
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#end(new Error(`Cannot generate: the engine has stopped, ${reason}`, { cause: error }));
      this.#admission.seat(); // nobody sits any more
    } finally {
      this.#serving = undefined; // at once: who submits from now on starts another round
    }
  }

  /** Admits waiting requests, runs a part of the prompts and some ticks; undefined where there was nothing to run. */
  #run(steps: number): Ticks | undefined {
    this.#tick.model.check("run the model");
    this.#seating.seat(this.#admission.seat());
    const reads = this.#prompts(), ticks = Math.min(steps, this.#useful());
    if (!reads && ticks === 0) return undefined;
    const counts = this.#admission.decoding.some(({ seat }) => seat.counted);
    if (ticks > 0) this.#tick.start(ticks, counts);
    const read = this.#tick.state.read(), first = this.#ticks;
    read.catch(() => {}); // awaited later, or never where the ticks before have failed
    this.#ticks += ticks;
    return { first, ticks, slots: [...this.#admission.slots], read };
  }

  /** Runs a part of the prompts that are not cached yet, and starts sequences with cached prompts; whether there was any. */
  #prompts(): boolean {
    const { parts, maxDepth, entering } = this.#admission.prompts();
    if (parts.length > 0) this.#seating.prompts(parts, maxDepth);
    const last = entering.map((slot) => this.#admission.slots[slot]!.stream.options.prompt.at(-1)!);
    if (entering.length > 0) this.#seating.enter(entering, last);
    return parts.length + entering.length > 0;
  }

  /** Ticks after which no sequence has a token to come. */
  #useful(): number {
    const left = this.#admission.decoding.map(({ stream: { options: { most }, newTokens } }) => most - newTokens);
    return Math.max(0, ...left) * this.#tick.state.layout.units.length;
  }

  /** Hands out the tokens of some ticks, and counts them. */
  #deliver(ticks: Ticks, { log, slots }: Record<"log" | "slots", HostTensor>): void {
    this.#table = slots;
    const { S, config: { recursion: { N } } } = this.#tick.state;
    for (const { depth } of deliver(ticks, log, mostIdleTicks(S, N))) {
      this.#tokens++;
      this.#depths[depth - 1]++;
    }
  }

  #end(reason: Error): void {
    this.#closed ??= reason;
    for (const { stream } of this.#admission.requests) stream.fail(this.#closed);
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
    const { model, state, options: { router, auxiliary } } = this.#tick;
    freeStacked(model, [router, auxiliary]);
    state.dispose();
    this.#seating.dispose();
    this.#tick.dispose();
  }
}
