/** The scheduler: requests are admitted in order of submission into disjoint page ranges, and all prompts are prefilled. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Scheduler } from "../../src/infer/engine/scheduler.ts";
import { Stream } from "../../src/infer/engine/generation.ts";
import type { Request } from "../../src/infer/engine/request.ts";
import { PROMPT_ROWS } from "../../src/infer/engine/prefill.ts";

/** A request with the fields that the scheduler reads. */
function asked(prompt: number, pages: number, maxDepth?: number): Request {
  const ids = Array.from({ length: prompt }, (_, i) => i);
  const stream = new Stream({ prompt: ids, most: 9, ends: [], stop: [] });
  return { stream, pages, entry: { limit: 0, maxDepth, seed: 0, sampling: [] }, fed: 0 };
}

const samples = fc.array(
  fc.record({
    prompt: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 300 })),
    pages: fc.integer({ min: 1, max: 6 }),
    maxDepth: fc.constantFrom(undefined, undefined, 1, 2),
    /** Number of steps before the request ends; counted from submission if `cancelled`, else from its first decoding step. */
    turns: fc.integer({ min: 1, max: 9 }),
    cancelled: fc.boolean(),
  }),
  { maxLength: 20 },
);

Deno.test("scheduler: admission follows submission order, page ranges are disjoint, each prompt is prefilled once and in order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 12 }), samples, (S, total, samples) => {
      const scheduler = new Scheduler(S, total);
      const requests = samples.map(({ prompt, pages, maxDepth }) => asked(prompt, pages, maxDepth));
      scheduler.waiting.push(...requests);
      const read = new Map<Request, number[]>(), age = new Map<Request, number>();
      let last = -1;
      for (let turn = 0; scheduler.requests.length > 0; turn++) {
        assert(turn < 20 * 30, "requests remain after 600 steps");
        const { admitted, freed } = scheduler.admit();
        for (const { slot, range } of admitted) {
          const request = scheduler.slots[slot]!, at = requests.indexOf(request);
          assert(at > last && requests.slice(last + 1, at).every(({ stream }) => stream.over), `${at} after ${last}`);
          last = at;
          assertEquals([request.range, range.pages], [range, request.pages]);
        }
        assert(freed.every((slot) => !scheduler.slots[slot]));
        const parts = scheduler.slots.filter((one) => one).map((one) => one!.range!).sort((a, b) => a.first - b.first);
        parts.forEach((part, i) => assert(part.first >= (i ? parts[i - 1].first + parts[i - 1].pages : 0)));
        assert(parts.length === 0 || parts.at(-1)!.first + parts.at(-1)!.pages <= total);

        const { parts: prompts, maxDepth, entering } = scheduler.prompts();
        assert(prompts.reduce((rows, { ids }) => rows + ids.length, 0) <= PROMPT_ROWS);
        assert(prompts.every(({ slot }, i) => i === 0 || prompts[i - 1].slot < slot));
        for (const { slot, from, ids } of prompts) {
          const request = scheduler.slots[slot]!, list = read.get(request) ?? [];
          assertEquals([from, request.entry.maxDepth], [list.length, maxDepth]);
          read.set(request, [...list, ...ids]);
        }
        for (const slot of entering) {
          const request = scheduler.slots[slot]!, { prompt } = request.stream.options;
          assertEquals(read.get(request) ?? [], prompt.slice(0, -1));
          assertEquals(request.fed, prompt.length);
        }
        for (const [i, request] of requests.entries()) {
          const { turns, cancelled } = samples[i];
          const counts = cancelled || scheduler.decoding.includes(request);
          if (counts) age.set(request, (age.get(request) ?? 0) + 1);
          if (age.get(request) === turns && !request.stream.over) request.stream.end("length");
        }
      }
      for (const [i, request] of requests.entries()) {
        if (!samples[i].cancelled) assertEquals(request.fed, samples[i].prompt);
      }
      assertEquals(scheduler.requests, []);
    }),
  );
});

Deno.test("scheduler: later requests do not delay the prefill of an admitted prompt", () => {
  const scheduler = new Scheduler(3, 99);
  const long = asked(4 * PROMPT_ROWS, 1), capped = asked(5, 1, 1);
  scheduler.waiting.push(asked(3, 1), long, capped);
  for (let turn = 0; turn < 8; turn++) { // slot 0 gets another request in each step
    scheduler.waiting.push(asked(PROMPT_ROWS + 1, 1));
    scheduler.admit();
    scheduler.prompts();
    scheduler.slots[0]!.stream.end("length");
  }
  assertEquals([long.fed, capped.fed], [4 * PROMPT_ROWS, 5]);
});
