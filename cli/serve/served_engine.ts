/** The engine of a served decoder, with recovery from a shortage of memory. */
import { ShortageError } from "../../src/op/device.ts";
import type { EngineStatus, Generation, TextEngine } from "../../src/infer/engine/api.ts";
import { shortageOf } from "./refusal.ts";

/** An engine with its disposal. */
type OpenedEngine = TextEngine & AsyncDisposable;

/**
 * An engine that is reopened after a shortage of memory, which ends its requests. Requests are refused with a
 * ShortageError until the new engine is open.
 */
export class ServedEngine implements TextEngine {
  #opening?: Promise<void>;

  private constructor(readonly open: () => Promise<OpenedEngine>, private engine: OpenedEngine) {}

  /** Opens the first engine. */
  static async of(open: () => Promise<OpenedEngine>): Promise<ServedEngine> {
    return new ServedEngine(open, await open());
  }

  /** As {@link TextEngine.status}. */
  status(): EngineStatus {
    return this.engine.status();
  }

  /** As {@link TextEngine.submit}. */
  submit(...request: Parameters<TextEngine["submit"]>): Generation {
    try {
      return this.engine.submit(...request);
    } catch (error) {
      if (error instanceof ShortageError || !shortageOf(error)) throw error; // the engine continues, or has failed permanently
      this.#opening ??= this.#reopen().finally(() => this.#opening = undefined);
      throw new ShortageError("generate", "memory ran short, and the engine is opened anew", { cause: error });
    }
  }

  /** Closes the engine, then opens another one. */
  async #reopen(): Promise<void> {
    try {
      await this.engine[Symbol.asyncDispose]();
      this.engine = await this.open();
    } catch { /* the next request tries again */ }
  }
}
