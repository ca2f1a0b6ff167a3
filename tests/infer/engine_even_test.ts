// Tokens come evenly: on a device with a clock of its own, whose steps take a known time.
import { assert, assertEquals } from "@std/assert";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { KEPT, paced } from "../../src/infer/engine/delivery.ts";
import type { HostTensor, HostTensors, Program } from "../../src/op/device.ts";
import type { OnDevice } from "../../src/op/tree.ts";
import { decoderOn } from "../support/models.ts";

/** Milliseconds that no token is held back longer than. */
const HELD = 50;

/** Lets everything else run that can run, some times. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve));
}

/** A reference device whose programs take time on a clock that only waiting for a reading moves. */
class Clocked extends ReferenceDevice {
  now = 0;
  #busy = 0;
  #last = Promise.resolve();
  /** Times at which steps end. */
  readonly ends: number[] = [];
  /** Times of readings. */
  readonly readings: number[] = [];

  constructor(readonly cost: (step: number) => number) {
    super();
  }

  override compile<I = HostTensors, O = HostTensors>(
    body: (inputs: OnDevice<NoInfer<I>, RefTensor>) => OnDevice<NoInfer<O>, RefTensor>,
  ): Program<I, O> {
    const program = super.compile<I, O>(body);
    const start = (inputs: I, times = 1) => {
      const isStep = Object.keys(inputs as object).length === 0; // admission and prompts have inputs
      this.#busy = Math.max(this.#busy, this.now);
      for (let i = 0; i < times; i++) {
        this.#busy += this.cost(this.ends.length);
        if (isStep) this.ends.push(this.#busy);
      }
      program.start(inputs, times);
    };
    return Object.assign((inputs: I) => program(inputs), { start, dispose: () => program.dispose() });
  }

  override async read<K extends string>(
    tensors: { readonly [Name in K]: RefTensor },
  ): Promise<{ [Name in K]: HostTensor }> {
    const done = this.#busy, results = await super.read(tensors), before = this.#last;
    let end = () => {};
    this.#last = new Promise((resolve) => end = resolve);
    await before; // the host has had its turns after the reading before
    this.now = Math.max(this.now, done);
    this.readings.push(this.now);
    turns(8).then(end);
    return results;
  }
}

/** Serves requests; gives the times at which tokens came, steps ended, and the host read. */
async function serve(cost: (step: number) => number, requests: number) {
  const device = new Clocked(cost), clock = performance.now;
  performance.now = () => device.now;
  try {
    await using engine = await Engine.open(decoderOn(device), { slots: 4, stops: [] });
    const times: number[] = [];
    await Promise.all(Array.from({ length: requests }, async () => {
      for await (const _ of engine.submit([1, 2], { maxNewTokens: 60 })) times.push(device.now);
    }));
    return { times, ends: device.ends, readings: device.readings };
  } finally {
    performance.now = clock;
  }
}

const costs: [string, (step: number) => number][] = [
  ["1 ms", () => 1],
  ["3 ms", () => 3],
  ["9 ms", () => 9],
  ["30 ms", () => 30],
  ["200 ms", () => 200],
  ["8 to 10 ms, in turns", (step) => 8 + step % 3],
];

for (const [name, cost] of costs) {
  for (const requests of [1, 6]) {
    Deno.test(`steps of ${name}, ${requests} requests: no token is held back more than ${HELD} ms`, async () => {
      const { times, ends, readings } = await serve(cost, requests);
      assertEquals(times.length, 60 * requests);
      for (const [i, reading] of readings.entries()) {
        if (!times.includes(reading)) continue;
        const first = ends.find((end) => end > (readings[i - 1] ?? 0))!; // no token of this reading was drawn before
        assert(reading - first <= HELD, `held ${reading - first} ms at ${reading}`);
      }
    });
  }
}

Deno.test("steps until a reading at most double, whatever the last one says, and the log has room for two", () => {
  assertEquals([paced(4, 20), paced(8, 80), paced(4, 1), paced(1, 900), paced(30, 30)], [8, 4, 8, 1, KEPT / 2]);
});

Deno.test("the first token comes with the step that draws it, and quick steps are read together", async () => {
  const { times, ends } = await serve(() => 3, 1);
  assert(ends.indexOf(times[0]) < 12, `the first token came after ${ends.indexOf(times[0])} steps`);
  const readings = new Set(times);
  assert(readings.size < times.length / 2, `${readings.size} readings of ${times.length} tokens`);
  const quick = await serve(() => 0.01, 1);
  assert(new Set(quick.times).size >= 60 / (KEPT / 2));
});
