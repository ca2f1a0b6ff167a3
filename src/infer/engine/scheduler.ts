/**
 * Scheduling of requests on the host: first come, first served, as far as slots and pages of the KV caches are free.
 *
 * @module
 */
import type { StepKind } from "./engine_step.ts";
import { KvAllocator } from "./kv_allocator.ts";
import type { Request } from "./request.ts";
import { PROMPT_ROWS, type PromptPart, type SlotEntry } from "./prefill.ts";

/** Requests of an engine: those in slots and the queue. */
export class Scheduler {
  /** The queue. */
  readonly waiting: Request[] = [];
  /** Running requests by slot. */
  readonly slots: (Request | undefined)[];
  readonly #allocator: KvAllocator;
  #freed: number[] = [];
  /** Slots whose prompts are not cached yet, in order of admission. */
  #prefilling: number[] = [];

  /** S slots and their pages, all free. */
  constructor(S: number, pages: number) {
    this.slots = new Array(S).fill(undefined);
    this.#allocator = new KvAllocator(pages);
  }

  /** All requests. */
  get requests(): Request[] {
    return [...this.slots, ...this.waiting].filter((request) => request !== undefined);
  }

  /** Requests whose prompts are cached. */
  get decoding(): Request[] {
    return this.slots.filter((request) =>
      request !== undefined && request.fed === request.stream.promptTokens
    ) as Request[];
  }

  /** What the steps of the decoding requests do. */
  get kind(): StepKind {
    const { decoding } = this;
    return {
      counts: decoding.some(({ entry }) => entry.counted),
      lists: decoding.some(({ stream: { options: { top = 0 } } }) => top > 0),
    };
  }

  /** Whether the logits of a decoding request pass through a processor. */
  get processes(): boolean {
    return this.decoding.some(({ stream: { options } }) => options.processor);
  }

  /** Frees the slots of requests that are over, and admits requests of the queue into free ones. */
  admit(): { freed: number[]; admitted: SlotEntry[] } {
    for (const [slot, request] of this.slots.entries()) {
      if (!request?.stream.over) continue;
      this.#allocator.free(request.range!);
      this.slots[slot] = undefined;
      this.#freed.push(slot);
      this.#prefilling = this.#prefilling.filter((other) => other !== slot);
    }
    const admitted = [];
    for (const slot of this.slots.keys()) {
      while (this.waiting[0]?.stream.over) this.waiting.shift();
      if (this.slots[slot] || this.waiting.length === 0) continue;
      const range = this.#allocator.allocate(this.waiting[0].pages);
      if (!range) break;
      const request = this.slots[slot] = this.waiting.shift()!;
      request.range = range;
      request.stream.admitted();
      admitted.push({ ...request.entry, slot, range });
      this.#prefilling.push(slot);
    }
    const freed = this.#freed.filter((slot) => !this.slots[slot]);
    this.#freed = [];
    return { freed, admitted };
  }

  /** The next parts of prompts, all of one cap of depth, and the slots whose prompts are then cached. */
  prompts(): { parts: PromptPart[]; maxDepth?: number; entering: number[] } {
    const parts: PromptPart[] = [], entering: number[] = [];
    let left = PROMPT_ROWS, cap: number | undefined;
    for (const slot of this.#prefilling) { // in order of admission, so that no prompt starves
      const request = this.slots[slot]!, { stream: { options: { prompt } }, entry: { maxDepth }, fed } = request;
      if (parts.length > 0 && maxDepth !== cap) continue; // it needs another program
      const ids = prompt.slice(fed, Math.min(fed + left, prompt.length - 1));
      if (ids.length > 0) [parts[parts.length], cap] = [{ slot, from: fed, ids }, maxDepth];
      request.fed += ids.length;
      left -= ids.length;
      if (request.fed < prompt.length - 1) continue;
      request.fed++; // the last token is the first to decode
      entering.push(slot);
    }
    this.#prefilling = this.#prefilling.filter((slot) => !entering.includes(slot));
    return { parts: parts.sort((a, b) => a.slot - b.slot), maxDepth: cap, entering: entering.sort((a, b) => a - b) };
  }

  /** Fails all requests in slots, or else all waiting ones, after a pass of the engine without any work. */
  failStuck(): void {
    const running = this.slots.filter((request) => request !== undefined);
    for (const { stream } of running.length > 0 ? running : this.waiting) {
      stream.fail(new Error("Cannot generate: the engine has no next step for this request"));
    }
  }
}
