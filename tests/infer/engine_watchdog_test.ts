/** Every request to an engine ends, whatever it asks for, and the engine waits in every pass of its loop. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Device, HostTensors, Program } from "../../src/op/device.ts";
import type { OnDevice } from "../../src/op/tree.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { assertDefined } from "../support/definition.ts";
import { kinds, whole } from "../support/engine.ts";
import { decoderOn, someIds } from "../support/models.ts";

/** Milliseconds after which a worker is taken for one that never waits. */
const PATIENCE = 120_000;

/** What a worker answers; it is ended in any case. */
async function inWorker(message: unknown): Promise<{ ends?: string[]; turns?: number; error?: string }> {
  const worker = new Worker(new URL("./engine_watchdog_worker.ts", import.meta.url), { type: "module" });
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${PATIENCE} ms: the engine does not wait`)),
        PATIENCE,
      );
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(message);
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

/** One request for each end, then random requests, to engines of some models. */
async function watchdog(kind: Device["kind"], models: typeof kinds, numRuns: number) {
  const { ends, turns, error } = await inWorker({ kind, models, numRuns });
  assertEquals(error, undefined);
  assertEquals(ends, ["aborted", "left", "length", "refused", "stop"]);
  assert(turns! > 0, "timers have their turns");
}

Deno.test("engine: every random request ends, and the next one is answered right", async () => {
  await watchdog("reference", kinds, 8);
});

const adapter = await navigator.gpu?.requestAdapter();

Deno.test({
  name: "engine: the same on the GPU",
  ignore: !adapter,
  fn: async () => await watchdog("webgpu", kinds.slice(2, 3), 10),
});

/** A device that counts the programs that were started since the last turn of a timer. */
class Counting extends ReferenceDevice {
  #started = 0;
  most = 0;
  override compile<I = HostTensors, O = HostTensors>(
    body: (inputs: OnDevice<NoInfer<I>, RefTensor>) => OnDevice<NoInfer<O>, RefTensor>,
  ): Program<I, O> {
    const program = super.compile<I, O>(body), { start } = program;
    program.start = (inputs, times = 1) => {
      if (this.#started === 0) setTimeout(() => this.#started = 0);
      this.#started += times;
      this.most = Math.max(this.most, this.#started);
      start(inputs, times);
    };
    return program;
  }
}

const recursion = { sharing: "cycle", num_recursions: 2, routing: "expert" };
const long = { num_hidden_layers: 2, hidden_size: 8, recursion, max_position_embeddings: 1500 };

Deno.test("engine: timers have a turn between the parts of a long prompt", async () => {
  const device = new Counting();
  await using engine = await Engine.open(decoderOn(device, long), { slots: 1 });
  const generation = engine.submit(someIds(1, 10 * 128), { maxNewTokens: 1 });
  await whole(generation);
  assertEquals(generation.newTokens, 1);
  assert(device.most <= 5, `${device.most} programs were started in one turn: seat, prompt, enter, two steps`);
});

Deno.test("engine: a prompt beyond the positions is refused, with 0 new tokens too", async () => {
  await using engine = await Engine.open(decoderOn(new ReferenceDevice()), { slots: 1 });
  for (const [length, maxNewTokens] of [[64, 1], [65, 0], [65, 1], [200, 0]]) {
    const message = `Cannot generate: the prompt has ${length} tokens, and there are 64 positions`;
    assertThrows(() => engine.submit(someIds(1, length), { maxNewTokens }), RangeError, message);
  }
  assertEquals(await whole(engine.submit(someIds(1, 64), { maxNewTokens: 0 })), { tokens: [], finish: "length" });
});

Deno.test("engine: a request without a next step ends with an error, and the others go on", async () => {
  const model = decoderOn(new ReferenceDevice());
  await using engine = await Engine.open(model, { slots: 2 });
  const known = { prompt: [4, 5], options: { maxNewTokens: 30 } };
  for (const [most, message] of [[-1, "has no next step"], [1000, "drew no token for this request"]] as const) {
    const broken = engine.submit([1, 2], { maxNewTokens: 3 });
    Object.assign((broken as unknown as { options: unknown }).options!, { most }); // a fault of the engine's own
    const beside = most < 0 ? undefined : whole(engine.submit(known.prompt, known.options));
    await assertRejects(() => whole(broken), Error, message);
    if (beside) await assertDefined(model, known, await beside);
    await assertDefined(model, known, await whole(engine.submit(known.prompt, known.options)));
  }
});
