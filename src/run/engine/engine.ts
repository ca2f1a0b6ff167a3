/**
 * An engine: requests from many sides share one model, and wait for nobody.
 *
 * @module
 */
import type { Tensor } from "../../op.ts";
import type { DecoderModel } from "../decoder.ts";
import { budget, type GenerateOptions, paced, samplingOf } from "../generate.ts";
import { samplingRow } from "../../ops/sample.ts";
import { SLOT } from "../../ops/slots.ts";
import { encodeText } from "../tokenizer.ts";
import type { EngineOptions, EngineStatus, Generation, TextEngine } from "./api.ts";
import { Stream } from "./generation.ts";
import { engineLayout, unitBytes, unitsFor } from "./layout.ts";
import { type Part, Pool } from "./pool.ts";
import { stackRouters } from "./routers.ts";
import { PROMPT_ROWS, Seating } from "./seating.ts";
import { EngineState } from "./state.ts";
import { Tick } from "./tick.ts";

/** Ticks that the device may be ahead of what was read. */
const KEPT = 64;

/** A request on its way. */
interface Request {
  readonly stream: Stream;
  readonly options: GenerateOptions;
  readonly limit: number;
  readonly units: number;
  /** Tokens of its prompt that are cached. */
  fed: number;
  /** Where it sits. */
  part?: Part;
}

/** {@link Engine.open} makes one. */
export class Engine<T extends Tensor = Tensor> implements TextEngine {
  readonly #pool: Pool;
  readonly #seating: Seating<T>;
  readonly #tick: () => void;
  readonly #waiting: Request[] = [];
  readonly #slots: (Request | undefined)[];
  readonly #depths: number[];
  #emptied: number[] = [];
  #ticks = 0;
  #tokens = 0;
  #rows?: ArrayLike<number>;
  #serving?: Promise<void>;
  #closed?: Error;

  private constructor(readonly tick: Tick<T>) {
    const { state: { S, layout, device, config } } = tick;
    this.#pool = new Pool(layout.pool);
    this.#seating = new Seating(tick);
    this.#slots = new Array(S).fill(undefined);
    this.#depths = new Array(config.recursion.N).fill(0);
    const program = device.compile(() => {
      tick.run();
      return {};
    });
    this.#tick = () => program.start({});
  }

  /**
   * Makes room for requests on the model's device.
   *
   * Throws a RangeError for hybrid keys and values, numbers out of range, and too little memory for any sequence.
   *
   * ```ts ignore
   * await using decoder = await Decoder.load("models/stories-mor");
   * await using engine = await decoder.engine({ slots: 8 });
   * for await (const { text } of engine.submit("Once upon a time", { maxNewTokens: 40 })) console.log(text);
   * ```
   */
  static async open<T extends Tensor>(model: DecoderModel<T>, options: EngineOptions = {}): Promise<Engine<T>> {
    const { device, config, params } = model;
    const { slots: S = 32, width = S, patience = width, cacheBytes, room, stops = config.eos } = options;
    const whole = (name: string, value: number, most: number) => {
      if (Number.isInteger(value) && value >= 1 && value <= most) return;
      throw new RangeError(`Cannot make an engine: ${name} is ${value}, expected a whole number from 1 to ${most}`);
    };
    whole("slots", S, 4096);
    whole("width", width, S);
    whole("patience", patience, width);
    const layout = engineLayout(config, { S, bytes: cacheBytes, room });
    const { routers, auxiliaryRouters } = params;
    const expert = config.recursion.routing === "expert";
    const router = expert ? await stackRouters(device, routers) : routers[0];
    const auxiliary = auxiliaryRouters && await stackRouters(device, auxiliaryRouters);
    const state = new EngineState<T>(device, config, layout, S, KEPT);
    return new Engine(new Tick<T>(model, state, { width, patience, stops, router, auxiliary }));
  }

  /**
   * Continues a text, or ids, as `generate` does; the same seed gives the same tokens, whoever else is served.
   *
   * Throws as `generate` does, and a RangeError where the prompt and its new tokens can never fit into the caches.
   */
  submit(prompt: string | ArrayLike<number>, options: GenerateOptions = {}): Generation {
    if (this.#closed) throw this.#closed;
    const { model: { config, tokenizer }, options: { stops }, state: { layout } } = this.tick;
    const ids = typeof prompt === "string" ? encodeText(tokenizer, prompt) : checkIds(prompt, config.V);
    const most = budget([ids], config.maxPositions, options.maxNewTokens);
    const limit = ids.length + most, units = unitsFor(layout, limit);
    if (units > layout.pool) {
      throw new RangeError(
        `Cannot generate: ${ids.length} tokens of prompt and ${most} new ones need ${
          units * layout.unit
        } rows of cache, ` +
          `and there are ${layout.pool * layout.unit}`,
      );
    }
    if ((options.repetitionPenalty ?? 1) !== 1) {
      throw new RangeError(
        `Cannot generate: repetitionPenalty is ${options.repetitionPenalty}, but an engine counts no tokens`,
      );
    }
    samplingRow(samplingOf(options));
    const { stop = [], signal } = options;
    const stream = new Stream({ prompt: ids, most, ends: stops, stop, tokenizer, signal });
    if (most === 0) stream.end("length");
    else if (!stream.over) this.#waiting.push({ stream, options, limit, units, fed: 0 });
    this.#serving ??= this.#serve().finally(() => this.#serving = undefined);
    return stream;
  }

  /** What it is doing. */
  status(): EngineStatus {
    const { state: { layout, S } } = this.tick;
    const bytes = unitBytes(layout), N = layout.units.length;
    const used = (column: number) => {
      let rows = 0;
      for (let s = 0; s < S; s++) rows += this.#slots[s] && this.#rows ? this.#rows[s * (SLOT.rows + N) + column] : 0;
      return rows;
    };
    const ofRow = layout.block * layout.rowBytes;
    return {
      running: this.#slots.filter((request) => request).length,
      waiting: this.#waiting.length,
      ticks: this.#ticks,
      tokens: this.#tokens,
      depths: [...this.#depths],
      cacheBytes: layout.pool * bytes.reduce((sum, part) => sum + part, 0),
      outerBytesInUse: used(SLOT.length) * layout.outer.length * layout.rowBytes,
      bytesInUse: layout.units.map((_, r) => layout.share && r > 0 ? 0 : used(SLOT.rows + r) * ofRow),
    };
  }

  /** Serves until nobody waits. */
  async #serve(): Promise<void> {
    await Promise.resolve(); // those who submit together are seated together
    try {
      for (let steps = 1; this.#admit() || this.#emptied.length > 0;) {
        const decoding = this.#prompts();
        const started = performance.now();
        for (let i = 0; i < (decoding ? steps : 0); i++) this.#tick();
        this.#ticks += decoding ? steps : 0;
        this.#deliver(await this.tick.state.read());
        if (decoding) steps = Math.min(KEPT, paced(steps, performance.now() - started));
      }
    } catch (error) {
      this.#closed = new Error(`Cannot generate: the engine has stopped, ${(error as Error).message}`, {
        cause: error,
      });
      for (const request of [...this.#slots, ...this.#waiting]) request?.stream.fail(this.#closed);
    }
  }

  /** Empties the slots that are done with, and seats those who wait, in their order, as far as they fit; whether anybody sits. */
  #admit(): boolean {
    for (const [slot, request] of this.#slots.entries()) if (request?.stream.over) this.#leave(slot, request);
    const seats = [];
    for (const slot of this.#slots.keys()) {
      while (this.#waiting[0]?.stream.over) this.#waiting.shift();
      if (this.#slots[slot] || this.#waiting.length === 0) continue;
      const request = this.#waiting[0], { limit, units, options } = request;
      const part = this.#pool.take(units);
      if (!part) break;
      this.#slots[slot] = this.#waiting.shift();
      request.part = part;
      const { maxDepth, seed = 0 } = options;
      seats.push({ slot, limit, maxDepth, seed: seed | 0, part, sampling: samplingRow(samplingOf(options)) });
    }
    const empty = this.#emptied.filter((slot) => !this.#slots[slot]);
    if (seats.length + empty.length > 0) this.#seating.seat(empty, seats);
    this.#emptied = [];
    return this.#slots.some((request) => request);
  }

  #leave(slot: number, { part }: Request): void {
    this.#pool.give(part!);
    this.#slots[slot] = undefined;
    this.#emptied.push(slot);
  }

  /** Runs a part of the prompts that are not cached yet, and starts those that are; whether anybody decodes. */
  #prompts(): boolean {
    const parts = [], entering: number[] = [];
    let room = PROMPT_ROWS, cap: number | undefined;
    for (const [slot, request] of this.#slots.entries()) {
      if (!request) continue;
      const { stream: { options: { prompt } }, options: { maxDepth } } = request;
      const left = prompt.length - 1 - request.fed;
      if (left < 0) continue;
      if (parts.length > 0 && maxDepth !== cap) continue; // another program, at another time
      const ids = prompt.slice(request.fed, request.fed + Math.min(left, room));
      if (ids.length > 0) parts.push({ slot, from: request.fed, ids });
      cap = maxDepth;
      request.fed += ids.length;
      room -= ids.length;
      if (ids.length < left) continue;
      request.fed++;
      entering.push(slot);
    }
    if (parts.length > 0) this.#seating.prompts(parts, cap);
    if (entering.length > 0) {
      this.#seating.enter(entering, entering.map((slot) => this.#slots[slot]!.stream.options.prompt.at(-1)!));
    }
    return this.#slots.some((request) => request && request.fed === request.stream.promptTokens);
  }

  /** Hands out the tokens of the ticks since the last time. */
  #deliver(read: Awaited<ReturnType<EngineState<T>["read"]>>): void {
    const { S } = this.tick.state;
    this.#rows = read.slots.data;
    const log = read.log.data;
    for (let tick = this.#delivered; tick < this.#ticks; tick++) {
      const line = tick % KEPT;
      for (const [slot, request] of this.#slots.entries()) {
        const [id, depth, logProb, score] = log.subarray(4 * (line * S + slot), 4 * (line * S + slot + 1));
        if (!request || request.stream.over || id < 0) continue;
        request.stream.push({ id, depth, logProb, score });
        this.#tokens++;
        this.#depths[depth - 1]++;
      }
    }
    this.#delivered = this.#ticks;
  }
  #delivered = 0;

  /** Ends all requests with an error, and frees everything but the model. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= new Error("Cannot generate: the engine was closed");
    for (const request of [...this.#slots, ...this.#waiting]) request?.stream.fail(this.#closed);
    await this.#serving;
    this.tick.state.dispose();
  }
}

/** Ids, if they are inside the vocabulary. */
function checkIds(prompt: ArrayLike<number>, V: number): number[] {
  const ids = Array.from(prompt);
  if (ids.length === 0) throw new RangeError("Cannot generate: the prompt is empty");
  const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < V));
  if (wrong !== undefined) throw new RangeError(`Cannot generate: id ${wrong} is outside the vocabulary of ${V}`);
  return ids;
}
