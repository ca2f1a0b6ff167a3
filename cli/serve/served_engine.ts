/** The engine of a served decoder, which memory may run short for. */
import { ShortageError } from "../../src/op/device.ts";
import type { EngineStatus, Generation, TextEngine } from "../../src/infer/engine/api.ts";
import { shortageOf } from "./refusal.ts";

/** An engine that has to be closed. */
type OpenedEngine = TextEngine & AsyncDisposable;

/**
 * An engine that is opened anew after memory ran short: its requests have failed then, and an engine that has stopped
 * takes no more. Requests are refused with a ShortageError until the new one is open.
 */
export class ServedEngine implements TextEngine {
  #opening?: Promise<void>;

  private constructor(readonly open: () => Promise<OpenedEngine>, private engine: OpenedEngine) {}

  /** Opens the first one. */
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
      if (error instanceof ShortageError || !shortageOf(error)) throw error; // the engine goes on, or is gone for good
      this.#opening ??= this.#reopen().finally(() => this.#opening = undefined);
      throw new ShortageError("generate", "memory ran short, and the engine is opened anew", { cause: error });
    }
  }

  /** Frees what the old engine holds, then opens another. */
  async #reopen(): Promise<void> {
    try {
      await this.engine[Symbol.asyncDispose]();
      this.engine = await this.open();
    } catch { /* the next request tries again */ }
  }
}
