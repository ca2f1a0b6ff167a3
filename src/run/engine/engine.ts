/**
 * An engine: requests from many sides share one model, and nobody waits for the deepest token of a batch.
 *
 * @module
 */
import type { HostTensor } from "../../device.ts";
import type { Tensor } from "../../op.ts";
import { SLOT } from "../../ops/slots.ts";
import type { DecoderModel } from "../decoder.ts";
import { type GenerateOptions, paced } from "../generate.ts";
import { Admission } from "./admission.ts";
import type { EngineOptions, EngineStatus, Generation, TextEngine } from "./api.ts";
import { engineLayout, unitBytes } from "./layout.ts";
import { type Request, requestOf } from "./request.ts";
import { stackRouters } from "./routers.ts";
import { Seating } from "./seating.ts";
import { EngineState } from "./state.ts";
import { Tick } from "./tick.ts";

/** Milliseconds between readings while somebody waits: a slot is free when it was read that its sequence ended. */
const WAITED = 40;

/** Ticks that the log keeps: those that run, and those before them. */
const KEPT = 64;

/** Ticks that the device runs. */
interface Ticks {
  /** The number of the first one. */
  readonly first: number;
  /** How many. */
  readonly ticks: number;
  /** Who sits where. */
  readonly slots: readonly (Request | undefined)[];
  /** The log after them. */
  readonly read: Promise<Record<"log" | "slots", HostTensor>>;
}

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
    const { device, config, params: { routers, auxiliaryRouters } } = model;
    const { slots: S = 32, width = S, patience = width, cacheBytes, room, stops = config.eos } = options;
    const whole = (name: string, value: number, most: number) => {
      if (Number.isInteger(value) && value >= 1 && value <= most) return;
      throw new RangeError(`Cannot make an engine: ${name} is ${value}, expected a whole number from 1 to ${most}`);
    };
    whole("slots", S, 4096);
    whole("width", width, S);
    whole("patience", patience, width);
    const layout = engineLayout(config, { S, bytes: cacheBytes, room });
    const router = config.recursion.routing === "expert" ? await stackRouters(device, routers) : routers[0];
    const auxiliary = auxiliaryRouters && await stackRouters(device, auxiliaryRouters);
    const state = new EngineState<T>(device, config, layout, S, KEPT);
    return new Engine(new Tick<T>(model, state, { width, patience, stops, router, auxiliary }));
  }

  /**
   * Continues a text, or ids, as `generate` does; the same seed gives the same tokens, whoever else is served.
   *
   * Throws as `generate` does, and a RangeError where the prompt and its new tokens can never fit into the caches, and where
   * the device has no room for the counts of a repetition penalty.
   */
  submit(prompt: string | ArrayLike<number>, options: GenerateOptions = {}): Generation {
    if (this.#closed) throw this.#closed;
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

  /** Serves until nobody is left; the device runs the next ticks while those before are read. */
  async #serve(): Promise<void> {
    await Promise.resolve(); // those who submit together are seated together
    let running: Ticks | undefined;
    try {
      for (let steps = 1; running || this.#admission.requests.length > 0;) {
        const started = performance.now();
        const next = this.#run(steps);
        if (running) this.#deliver(running, await running.read);
        running = next;
        const spent = performance.now() - started, reading = this.#admission.waiting.length > 0 ? WAITED : undefined;
        if (running) steps = Math.min(KEPT / 2, paced(running.ticks, spent, reading));
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#close(new Error(`Cannot generate: the engine has stopped, ${reason}`, { cause: error }));
      this.#admission.seat(); // nobody sits any more
    } finally {
      this.#serving = undefined; // at once: who submits from now on starts another round
    }
  }

  /** Seats who can be, runs a part of the prompts, and some ticks; undefined where nobody decodes. */
  #run(steps: number): Ticks | undefined {
    this.#seating.seat(this.#admission.seat());
    this.#prompts();
    const ticks = Math.min(steps, this.#useful());
    if (ticks === 0) return undefined;
    const counts = this.#admission.decoding.some(({ seat }) => seat.counted);
    for (let i = 0; i < ticks; i++) this.#tick.start(counts);
    const read = this.#tick.state.read(), first = this.#ticks;
    read.catch(() => {}); // awaited later, or never where the ticks before have failed
    this.#ticks += ticks;
    return { first, ticks, slots: [...this.#admission.slots], read };
  }

  /** Runs a part of the prompts that are not cached yet, and starts the sequences of those that are. */
  #prompts(): void {
    const { parts, maxDepth, entering } = this.#admission.prompts();
    if (parts.length > 0) this.#seating.prompts(parts, maxDepth);
    const last = entering.map((slot) => this.#admission.slots[slot]!.stream.options.prompt.at(-1)!);
    if (entering.length > 0) this.#seating.enter(entering, last);
  }

  /** Ticks after which nobody could have a token to come. */
  #useful(): number {
    const left = this.#admission.decoding.map(({ stream: { options: { most }, newTokens } }) => most - newTokens);
    return Math.max(0, ...left) * this.#tick.state.layout.units.length;
  }

  /** Hands out the tokens of some ticks to those who sat there then. */
  #deliver({ first, ticks, slots }: Ticks, { log, slots: table }: Record<"log" | "slots", HostTensor>): void {
    this.#table = table;
    for (let tick = first; tick < first + ticks; tick++) {
      for (const [slot, request] of slots.entries()) {
        const at = 4 * (tick % KEPT * slots.length + slot);
        const [id, depth, logProb, score] = log.data.subarray(at, at + 4);
        if (!request || request.stream.over || id === -1) continue;
        request.stream.push({ id, depth, logProb, score });
        this.#tokens++;
        this.#depths[depth - 1]++;
      }
    }
  }

  #close(reason: Error): void {
    this.#closed ??= reason;
    for (const { stream } of this.#admission.requests) stream.fail(this.#closed);
  }

  /** Ends all requests with an error, and frees everything but the model. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#close(new Error("Cannot generate: the engine was closed"));
    await this.#serving;
    const { state, options: { router, auxiliary } } = this.#tick;
    const routers = state.config.recursion.routing === "expert" ? [router, auxiliary] : []; // stacked for this engine
    const stacked = routers.flatMap((stack) => [stack?.hidden, stack?.out]).filter((tensor) => tensor !== undefined);
    for (const tensor of stacked) state.device.free(tensor);
    state.dispose();
    this.#seating.dispose();
    this.#tick.dispose();
  }
}
