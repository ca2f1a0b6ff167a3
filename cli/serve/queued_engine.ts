/** Requests one after the other, each generated alone. */
import type { Decoder } from "../../mod.ts";
import type { EnginePiece, EngineStatus, Finish, Generation, TextEngine } from "../../src/run/engine/api.ts";
import type { GenerateOptions } from "../../src/run/generate.ts";
import { encodeText } from "../../src/run/tokenizer.ts";

/** An engine with one slot. */
export class QueuedEngine implements TextEngine {
  readonly #depths: number[];
  readonly #waiting: Queued[] = [];
  #running = false;
  #tokens = 0;

  /** Wraps a decoder. */
  constructor(readonly decoder: Decoder) {
    this.#depths = Array(decoder.config.recursion.N).fill(0);
  }

  /** What it is doing; caches come and go with each request, and are not counted. */
  status(): EngineStatus {
    const running = Number(this.#running), waiting = this.#waiting.length;
    const none = { ticks: 0, cacheBytes: 0, outerBytesInUse: 0, bytesInUse: this.#depths.map(() => 0) };
    return { running, waiting, tokens: this.#tokens, depths: [...this.#depths], ...none };
  }

  /** Continues a text when its turn comes. */
  submit(prompt: string | ArrayLike<number>, options: GenerateOptions = {}): Generation {
    const { tokenizer, config: { maxPositions } } = this.decoder;
    if (typeof prompt !== "string") throw new RangeError("Cannot generate: prompts are texts here, not ids");
    const { length } = encodeText(tokenizer, prompt);
    if (length >= maxPositions) {
      throw new RangeError(`Cannot generate: the prompt has ${length} tokens, and there are ${maxPositions} positions`);
    }
    const most = Math.min(options.maxNewTokens ?? Infinity, maxPositions - length);
    const queued = new Queued(prompt, options, length, most);
    this.#waiting.push(queued);
    if (!this.#running) void this.#work();
    return queued;
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      if (next.signal.aborted) continue;
      try {
        const options = { ...next.options, signal: next.signal };
        for await (const piece of this.decoder.generate(next.prompt, options)) {
          this.#tokens++;
          this.#depths[piece.depth - 1]++;
          next.put({ ...piece, score: 0 });
        }
        next.end();
      } catch (error) {
        next.end(error);
      }
    }
    this.#running = false;
  }
}

class Queued implements Generation {
  newTokens = 0;
  finish: Finish | undefined;
  readonly #controller = new AbortController();
  readonly #pieces: EnginePiece[] = [];
  #error: unknown;
  #wake = () => {};

  constructor(
    readonly prompt: string,
    readonly options: GenerateOptions,
    readonly promptTokens: number,
    readonly most: number,
  ) {}

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  put(piece: EnginePiece): void {
    this.newTokens++;
    this.#pieces.push(piece);
    this.#wake();
  }

  end(error?: unknown): void {
    this.#error = error;
    this.finish = this.newTokens < this.most ? "stop" : "length";
    this.#wake();
  }

  cancel(): void {
    this.#controller.abort();
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EnginePiece> {
    try {
      while (!this.signal.aborted) {
        if (this.#pieces.length > 0) yield this.#pieces.shift()!;
        else if (this.#error) throw this.#error;
        else if (this.finish) return;
        else await new Promise<void>((resolve) => this.#wake = resolve);
      }
    } finally {
      this.cancel();
    }
  }
}
