/** A service without a model: an engine that makes a token a tick for each of its slots, and vectors that are easily foretold. */
import { makeHandler } from "../../cli/serve/app.ts";
import type { ServedDecoder, ServedEncoder, Service } from "../../cli/serve/service.ts";
import type { EnginePiece, EngineStatus, Finish, Generation, TextEngine } from "../../src/run/engine/api.ts";
import type { GenerateOptions } from "../../src/run/generate.ts";

/** How an engine behaves. */
export interface FakeOptions {
  readonly slots?: number;
  /** Milliseconds between tokens. */
  readonly tick?: number;
  /** What every token's text begins with. */
  readonly padding?: string;
  /** Tokens after which a sequence breaks. */
  readonly breakAfter?: number;
}

/** Depths and texts of tokens by their number: "t0 ", "t1 ", …; a stop text ends a sequence where it is a token's. */
export class FakeEngine implements TextEngine {
  readonly submitted: { prompt: string | ArrayLike<number>; options: GenerateOptions }[] = [];
  readonly #all = new Set<FakeGeneration>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tokens = 0;

  constructor(readonly behaviour: FakeOptions = {}) {}

  #running(): FakeGeneration[] {
    return [...this.#all].slice(0, this.behaviour.slots ?? 4);
  }

  status(): EngineStatus {
    const running = this.#running().length;
    const cache = { cacheBytes: 1000, outerBytesInUse: 10 * running, bytesInUse: [20 * running, 30 * running] };
    return { running, waiting: this.#all.size - running, ticks: 5, tokens: this.#tokens, depths: [7, 8], ...cache };
  }

  submit(prompt: string | ArrayLike<number>, options: GenerateOptions = {}): Generation {
    if (prompt.length > 100) throw new RangeError(`Cannot generate: the prompt has ${prompt.length} tokens`);
    this.submitted.push({ prompt, options });
    const generation = new FakeGeneration(prompt.length, options, this.behaviour, () => this.#all.delete(generation));
    this.#all.add(generation);
    this.#timer ??= setTimeout(() => this.#tick(), this.behaviour.tick ?? 1);
    return generation;
  }

  #tick(): void {
    for (const generation of this.#running()) {
      generation.step();
      this.#tokens++;
    }
    this.#timer = this.#all.size > 0 ? setTimeout(() => this.#tick(), this.behaviour.tick ?? 1) : undefined;
  }
}

/** A sequence whose tokens wait until they are read. */
class FakeGeneration implements Generation {
  newTokens = 0;
  finish: Finish | undefined;
  readonly #pieces: EnginePiece[] = [];
  #error: Error | undefined;
  #cancelled = false;
  #wake = () => {};

  constructor(
    readonly promptTokens: number,
    readonly options: GenerateOptions,
    readonly behaviour: FakeOptions,
    readonly free: () => void,
  ) {}

  step(): void {
    const i = this.newTokens;
    const { maxNewTokens = 10, stop = [] } = this.options;
    const { padding = "", breakAfter } = this.behaviour;
    if (i === breakAfter) this.#error = new Error("Cannot read from the GPU: it is broken\nsecond line");
    else if (i >= maxNewTokens) this.finish = "length";
    else if (stop.includes(`t${i}`)) this.finish = "stop";
    else {
      this.newTokens++;
      this.#pieces.push({ text: `${padding}t${i} `, id: i, depth: 1 + i % 2, logProb: -i, score: 0 });
    }
    if (this.finish ?? this.#error) this.free();
    this.#wake();
  }

  cancel(): void {
    this.#cancelled = true;
    this.free();
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EnginePiece> {
    while (!this.#cancelled) {
      if (this.#pieces.length > 0) yield this.#pieces.shift()!;
      else if (this.#error) throw this.#error;
      else if (this.finish) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

const tokenizer = {
  encode: (text: string) => [...text].map((c) => c.charCodeAt(0)),
  decode: (ids: readonly number[]) => String.fromCharCode(...ids),
};

/** The handler over a decoder "words" with a fake engine and an encoder "vectors" of two numbers: length and first id. */
export function fakeServer(behaviour: FakeOptions = {}, limits = { bodyBytes: 10_000, requests: 200 }) {
  const engine = new FakeEngine(behaviour);
  const batches: number[] = [];
  const embed = (sequences: readonly (readonly number[])[]) => {
    batches.push(sequences.length);
    return new Promise<number[]>((resolve) => setTimeout(resolve, 5, sequences.flatMap((ids) => [ids.length, ids[0]])));
  };
  const words: ServedDecoder = { kind: "decoder", id: "words", tokenizer, engine };
  const vectors: ServedEncoder = {
    kind: "encoder",
    id: "vectors",
    tokenizer,
    config: { V: 200, maxPositions: 50, D: 2 },
    underWay: 0,
    embed,
  };
  const log: string[] = [];
  const state: { fault?: string } = {};
  const models: Service["models"] = new Map([words, vectors].map((model) => [model.id, model] as const));
  const service = { models, limits, started: 1, fault: () => state.fault, log: (line: string) => void log.push(line) };
  return { engine, batches, log, state, handler: makeHandler(service) };
}

/** A request with a JSON body. */
export function post(path: string, body: unknown, init: RequestInit = {}): Request {
  const headers = { "content-type": "application/json" };
  return new Request(`http://localhost${path}`, { method: "POST", headers, body: JSON.stringify(body), ...init });
}

/** The objects of a stream of events; the last one has to be `[DONE]`. */
export function eventsOf(text: string) {
  const events = text.split("\n\n").filter(Boolean).map((event) => event.replace(/^data: /, ""));
  if (events.pop() !== "[DONE]") throw new Error(`the stream does not end with [DONE]: ${text.slice(-200)}`);
  return events.map((event) => JSON.parse(event));
}

/** Waits until something holds. */
export async function until(holds: () => boolean, ms = 5000): Promise<void> {
  for (const started = performance.now(); !holds();) {
    if (performance.now() - started > ms) throw new Error(`after ${ms} ms it still does not hold: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
