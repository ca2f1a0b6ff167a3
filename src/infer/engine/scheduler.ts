/**
 * Who waits, and who sits where: first come, first served, as far as the caches have room.
 *
 * @module
 */
import { KvAllocator } from "./kv_allocator.ts";
import type { Request } from "./request.ts";
import { PROMPT_ROWS, type PromptPart, type Seat } from "./prefill.ts";

/** Requests of an engine, by slot and in line. */
export class Scheduler {
  /** Those who wait, in order. */
  readonly waiting: Request[] = [];
  /** Those who sit, by slot. */
  readonly slots: (Request | undefined)[];
  readonly #allocator: KvAllocator;
  #emptied: number[] = [];
  /** Slots whose prompts are not cached yet, in the order in which they were seated. */
  #reading: number[] = [];

  /** S slots and a pool of pages, all free. */
  constructor(S: number, pages: number) {
    this.slots = new Array(S).fill(undefined);
    this.#allocator = new KvAllocator(pages);
  }

  /** Everybody. */
  get requests(): Request[] {
    return [...this.slots, ...this.waiting].filter((request) => request !== undefined);
  }

  /** Those whose prompts are cached. */
  get decoding(): Request[] {
    return this.slots.filter((request) =>
      request !== undefined && request.fed === request.stream.promptTokens
    ) as Request[];
  }

  /** Empties the slots of those who are done, and seats those who wait. */
  seat(): { empty: number[]; seats: Seat[] } {
    for (const [slot, request] of this.slots.entries()) {
      if (!request?.stream.over) continue;
      this.#allocator.give(request.part!);
      this.slots[slot] = undefined;
      this.#emptied.push(slot);
      this.#reading = this.#reading.filter((other) => other !== slot);
    }
    const seats = [];
    for (const slot of this.slots.keys()) {
      while (this.waiting[0]?.stream.over) this.waiting.shift();
      if (this.slots[slot] || this.waiting.length === 0) continue;
      const part = this.#allocator.take(this.waiting[0].pages);
      if (!part) break;
      const request = this.slots[slot] = this.waiting.shift()!;
      request.part = part;
      seats.push({ ...request.seat, slot, part });
      this.#reading.push(slot);
    }
    const empty = this.#emptied.filter((slot) => !this.slots[slot]);
    this.#emptied = [];
    return { empty, seats };
  }

  /** A part of the prompts that are not cached yet, which all have the same cap of depth, and the slots that then have all. */
  prompts(): { parts: PromptPart[]; maxDepth?: number; entering: number[] } {
    const parts: PromptPart[] = [], entering: number[] = [];
    let room = PROMPT_ROWS, cap: number | undefined;
    for (const slot of this.#reading) { // those who sit longest first, so that newcomers hold up nobody
      const request = this.slots[slot]!, { stream: { options: { prompt } }, seat: { maxDepth }, fed } = request;
      if (parts.length > 0 && maxDepth !== cap) continue; // another program, another time
      const ids = prompt.slice(fed, Math.min(fed + room, prompt.length - 1));
      if (ids.length > 0) [parts[parts.length], cap] = [{ slot, from: fed, ids }, maxDepth];
      request.fed += ids.length;
      room -= ids.length;
      if (request.fed < prompt.length - 1) continue;
      request.fed++; // the last one decodes
      entering.push(slot);
    }
    this.#reading = this.#reading.filter((slot) => !entering.includes(slot));
    return { parts: parts.sort((a, b) => a.slot - b.slot), maxDepth: cap, entering: entering.sort((a, b) => a - b) };
  }

  /** Fails all requests in slots, or else all waiting ones, after a pass of the engine without any work. */
  failStuck(): void {
    const seated = this.slots.filter((request) => request !== undefined);
    for (const { stream } of seated.length > 0 ? seated : this.waiting) {
      stream.fail(new Error("Cannot generate: the engine has no next step for this request"));
    }
  }
}
