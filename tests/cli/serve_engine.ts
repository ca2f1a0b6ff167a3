/** A fake engine without a model: one token a step for each slot. */
import type { EngineStatus, Finish, Generation, TextEngine } from "../../src/infer/engine/api.ts";
import type { GenerateOptions, Piece } from "../../src/infer/generate_options.ts";

/** How an engine behaves. */
export interface FakeOptions {
  readonly slots?: number;
  /** Milliseconds between tokens. */
  readonly tick?: number;
  /** What every token's text begins with. */
  readonly padding?: string;
  /** Tokens after which the end token 99 comes. */
  readonly endAfter?: number;
  /** Tokens after which a sequence breaks. */
  readonly breakAfter?: number;
}

/** Depths and texts of tokens by their number: "t0 ", "t1 ", …; a stop text ends a sequence where it is a token's. */
export class FakeEngine implements TextEngine {
  readonly submitted: { prompt: string | ArrayLike<number>; options: GenerateOptions }[] = [];
  readonly #all = new Set<FakeGeneration>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tokens = 0;
  stopped = false;

  constructor(readonly behaviour: FakeOptions = {}) {}

  #running(): FakeGeneration[] {
    return [...this.#all].slice(0, this.behaviour.slots ?? 4);
  }

  status(): EngineStatus {
    const running = this.#running().length;
    const cache = { cacheBytes: 1000, outerBytesInUse: 10 * running, bytesInUse: [20 * running, 30 * running] };
    return { running, waiting: this.#all.size - running, steps: 5, tokens: this.#tokens, depths: [7, 8], ...cache };
  }

  submit(prompt: string | ArrayLike<number>, options: GenerateOptions = {}): Generation {
    if (this.stopped) throw new Error("Cannot generate: the engine has stopped");
    if (prompt.length > 100) throw new RangeError(`Cannot generate: the prompt has ${prompt.length} tokens`);
    this.submitted.push({ prompt, options });
    const generation = new FakeGeneration(prompt.length, options, this.behaviour, () => this.#all.delete(generation));
    this.#all.add(generation);
    this.#timer ??= setTimeout(() => this.#tick(), this.behaviour.tick ?? 1);
    return generation;
  }

  #tick(): void {
    for (const generation of this.#running()) {
      generation.queueMs ??= performance.now() - generation.submitted;
      generation.step();
      this.#tokens++;
    }
    this.#timer = this.#all.size > 0 ? setTimeout(() => this.#tick(), this.behaviour.tick ?? 1) : undefined;
  }
}

/** A sequence whose tokens wait until they are read. */
class FakeGeneration implements Generation {
  readonly cutTokens = 0;
  newTokens = 0;
  finish: Finish | undefined;
  endToken: Omit<Piece, "text"> | undefined;
  queueMs: number | undefined;
  readonly submitted = performance.now();
  readonly #pieces: Piece[] = [];
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
    const { padding = "", breakAfter, endAfter } = this.behaviour;
    if (i === breakAfter) this.#error = new Error("Cannot read from the GPU: it is broken\nsecond line");
    else if (i >= maxNewTokens) this.finish = "length";
    else if (stop.includes(`t${i}`)) this.finish = "stop";
    else if (i === endAfter) {
      this.finish = "stop";
      this.endToken = { id: 99, depth: 1, logProb: -0.5, score: 0 };
    } else {
      this.newTokens++;
      this.#pieces.push({ text: `${padding}t${i} `, id: i, depth: 1 + i % 2, logProb: -i, score: i / 4 });
    }
    if (this.finish ?? this.#error) this.free();
    this.#wake();
  }

  cancel(): void {
    this.#cancelled = true;
    this.free();
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Piece> {
    while (!this.#cancelled) {
      if (this.#pieces.length > 0) yield this.#pieces.shift()!;
      else if (this.#error) throw this.#error;
      else if (this.finish) return;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}
