/** Who is seated, and whose prompt is read: in line, into slots and memory of their own, and nobody is forgotten. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Admission } from "../../src/infer/engine/admission.ts";
import { Stream } from "../../src/infer/engine/generation.ts";
import type { Request } from "../../src/infer/engine/request.ts";
import { PROMPT_ROWS } from "../../src/infer/engine/seating.ts";

/** A request as far as a line is concerned. */
function asked(prompt: number, units: number, maxDepth?: number): Request {
  const ids = Array.from({ length: prompt }, (_, i) => i);
  const stream = new Stream({ prompt: ids, most: 9, ends: [], stop: [] });
  return { stream, units, seat: { limit: 0, maxDepth, seed: 0, sampling: [] }, fed: 0 };
}

const people = fc.array(
  fc.record({
    prompt: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 300 })),
    units: fc.integer({ min: 1, max: 6 }),
    maxDepth: fc.constantFrom(undefined, undefined, 1, 2),
    /** Turns until it is over, and whether it waits no longer for a seat. */
    turns: fc.integer({ min: 1, max: 9 }),
    impatient: fc.boolean(),
  }),
  { maxLength: 20 },
);

Deno.test("engine's lines: seats go in line, parts of memory do not touch, all prompts are read once and in order", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 12 }), people, (S, pool, people) => {
    const admission = new Admission(S, pool);
    const requests = people.map(({ prompt, units, maxDepth }) => asked(prompt, units, maxDepth));
    admission.waiting.push(...requests);
    const read = new Map<Request, number[]>(), age = new Map<Request, number>();
    let last = -1;
    for (let turn = 0; admission.requests.length > 0; turn++) {
      assert(turn < 20 * 30, "it never ends");
      const { seats, empty } = admission.seat();
      for (const { slot, part } of seats) {
        const request = admission.slots[slot]!, at = requests.indexOf(request);
        assert(at > last && requests.slice(last + 1, at).every(({ stream }) => stream.over), `${at} after ${last}`);
        last = at;
        assertEquals([request.part, part.units], [part, request.units]);
      }
      assert(empty.every((slot) => !admission.slots[slot]));
      const parts = admission.slots.filter((one) => one).map((one) => one!.part!).sort((a, b) => a.start - b.start);
      parts.forEach((part, i) => assert(part.start >= (i ? parts[i - 1].start + parts[i - 1].units : 0)));
      assert(parts.length === 0 || parts.at(-1)!.start + parts.at(-1)!.units <= pool);

      const { parts: prompts, maxDepth, entering } = admission.prompts();
      assert(prompts.reduce((rows, { ids }) => rows + ids.length, 0) <= PROMPT_ROWS);
      assert(prompts.every(({ slot }, i) => i === 0 || prompts[i - 1].slot < slot));
      for (const { slot, from, ids } of prompts) {
        const request = admission.slots[slot]!, list = read.get(request) ?? [];
        assertEquals([from, request.seat.maxDepth], [list.length, maxDepth]);
        read.set(request, [...list, ...ids]);
      }
      for (const slot of entering) {
        const request = admission.slots[slot]!, { prompt } = request.stream.options;
        assertEquals(read.get(request) ?? [], prompt.slice(0, -1));
        assertEquals(request.fed, prompt.length);
      }
      for (const [i, request] of requests.entries()) {
        const { turns, impatient } = people[i];
        const counts = impatient || admission.decoding.includes(request);
        if (counts) age.set(request, (age.get(request) ?? 0) + 1);
        if (age.get(request) === turns && !request.stream.over) request.stream.end("length");
      }
    }
    for (const [i, request] of requests.entries()) {
      if (!people[i].impatient) assertEquals(request.fed, people[i].prompt);
    }
    assertEquals(admission.requests, []);
  }));
});

Deno.test("engine's lines: those who come later do not keep a prompt from being read", () => {
  const admission = new Admission(3, 99);
  const long = asked(4 * PROMPT_ROWS, 1), capped = asked(5, 1, 1);
  admission.waiting.push(asked(3, 1), long, capped);
  for (let turn = 0; turn < 8; turn++) { // slot 0 has somebody new every time
    admission.waiting.push(asked(PROMPT_ROWS + 1, 1));
    admission.seat();
    admission.prompts();
    admission.slots[0]!.stream.end("length");
  }
  assertEquals([long.fed, capped.fed], [4 * PROMPT_ROWS, 5]);
});
