/** Cancellation while waiting, during prefill or during decoding frees the slot and leaves other requests unchanged. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { HostTensor } from "../../src/op/device.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import { type Got, whole } from "../support/engine.ts";
import { decoderOn, someIds } from "../support/models.ts";

/** A device that calls a function after every readback. */
class Watched extends ReferenceDevice {
  reading = () => {};
  override async read<K extends string>(
    tensors: { readonly [Name in K]: RefTensor },
  ): Promise<{ [Name in K]: HostTensor }> {
    const read = await super.read(tensors);
    this.reading();
    return read;
  }
}

const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert", alpha: 1 };
const device = new Watched();
const model = decoderOn(device, { recursion, max_position_embeddings: 256 });
const prompts = [someIds(1, 9), someIds(2, 140), someIds(3, 5)];
const options = { maxNewTokens: 12, temperature: 1, seed: 3 };
const quiet = await Engine.open(model, { slots: 3 });
const wants = await Promise.all(prompts.map((prompt) => whole(quiet.submit(prompt, options))));

/** Ends the second of three requests at the k-th readback; returns its outcome and the number of readbacks. */
async function ended(slots: number, k: number, end: (abort: AbortController, cancel: () => void) => void) {
  await using engine = await Engine.open(model, { slots });
  const controller = new AbortController();
  const readings: number[] = [];
  const [first, second, third] = prompts.map((prompt, i) =>
    engine.submit(prompt, i === 1 ? { ...options, signal: controller.signal } : options)
  );
  const finish = () => end(controller, () => second.cancel());
  if (k === 0) finish();
  device.reading = () => readings.push(engine.status().running) === k && finish();
  const [one, two, three] = await Promise.allSettled([first, second, third].map(whole));
  device.reading = () => {};
  assertEquals([one, three], [wants[0], wants[2]].map((value) => ({ status: "fulfilled" as const, value })));
  assertEquals(await whole(engine.submit(prompts[1], options)), wants[1]); // its pages are free again
  const { running, waiting } = engine.status();
  assertEquals([running, waiting], [0, 0]);
  return { two, second, readings: readings.length };
}

/** Ends the request at each readback in turn; checks its outcome, and that all its states occur. */
async function always(
  end: Parameters<typeof ended>[2],
  reader: (got: Awaited<ReturnType<typeof ended>>) => unknown,
): Promise<void> {
  const met = new Set<string>();
  for (const slots of [1, 3]) {
    for (let k = 0, more = true; more; k++) {
      const got = await ended(slots, k, end), { two, second, readings } = got;
      more = readings > k;
      assertEquals(two, reader(got));
      met.add(second.finish ?? (second.newTokens > 0 ? "decoding" : "before"));
    }
  }
  assertEquals(met, new Set(["before", "decoding", "length"]));
}

Deno.test("engine: a signal ends a request in every state with its reason, and the other requests finish", async () => {
  const reason = new Error("enough");
  const full = { status: "fulfilled", value: wants[1] };
  await always((abort) => abort.abort(reason), ({ second }) => second.finish ? full : { status: "rejected", reason });
});

Deno.test("engine: a cancelled request yields no further token and no error", async () => {
  await always((_, cancel) => cancel(), ({ two, second: { finish } }) => {
    const { tokens } = (two as PromiseFulfilledResult<Got>).value;
    return { status: "fulfilled", value: { tokens: wants[1].tokens.slice(0, tokens.length), finish } };
  });
});

Deno.test("engine: a break out of the token loop frees the slot", async () => {
  await using engine = await Engine.open(model, { slots: 1 });
  const long = engine.submit(prompts[0], { seed: 1 }), next = whole(engine.submit(prompts[2], options));
  let pieces = 0;
  for await (const { id } of long) if (id >= 0 && ++pieces === 3) break;
  assertEquals(await next, wants[2]);
  assert(long.newTokens >= 3 && long.newTokens < 240 && long.finish === undefined);
  assertEquals(await whole(long), { tokens: [], finish: undefined });
  assertEquals(engine.status().running, 0);
});

Deno.test("engine: a signal aborted before submission, and one signal for several requests", async () => {
  await using engine = await Engine.open(model, { slots: 1 });
  const gone = engine.submit(prompts[0], { signal: AbortSignal.abort(new Error("too late")) });
  await assertRejects(() => whole(gone), Error, "too late");
  assertEquals([engine.status().running, engine.status().waiting], [0, 0]);
  const controller = new AbortController(), { signal } = controller;
  let listeners = 0;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => [add(...args), listeners++];
  signal.removeEventListener = (...args: Parameters<typeof remove>) => [remove(...args), listeners--];
  for (let i = 0; i < 5; i++) {
    const generation = engine.submit(prompts[2], { ...options, signal });
    assertEquals(listeners, 1);
    if (i === 3) generation.cancel();
    else assertEquals(await whole(generation), wants[2]);
    assertEquals(listeners, 0);
  }
});

Deno.test("engine: status().waiting excludes cancelled requests", async () => {
  await using engine = await Engine.open(model, { slots: 1 });
  const all = Array.from({ length: 4 }, () => engine.submit(prompts[2], options));
  all[1].cancel();
  all[2].cancel();
  assertEquals(engine.status().waiting, 2);
  assertEquals(await whole(all[3]), wants[2]);
});
