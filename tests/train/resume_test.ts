// A run that is interrupted at any step, by Ctrl-C or by a kill, and resumed is the uninterrupted one bit for bit.
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ReferenceDevice } from "../../reference/mod.ts";
import { parseLog } from "../../src/train/run/log_lines.ts";
import type { Device } from "../../src/op/device.ts";
import type { Json } from "../../src/model/config/fields.ts";
import { checkpointFolder, checkpointSteps, readState } from "../../src/train/run/checkpoints.ts";
import { own } from "../support/device.ts";
import { gpuTest } from "../support/gpu.ts";
import { type Ending, outcome, session, smallTraining } from "../support/training_run.ts";

const reference = () => new ReferenceDevice();

/** What becomes of a run that ends so often before its end. */
async function broken(device: () => Device, json: Json, endings: readonly Ending[]): Promise<Record<string, string>> {
  const out = await Deno.makeTempDir();
  try {
    for (const ending of [...endings, {}]) await session(device(), out, json, ending);
    return await outcome(out);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

const ending = fc.tuple(fc.constantFrom("stop", "kill"), fc.integer({ min: 1, max: 11 })).map(
  ([how, step]): Ending => ({ [how]: step }),
);

Deno.test("resuming: interrupted at random steps, a run on the reference is the same", async () => {
  const whole = await broken(reference, smallTraining, []);
  const same = async (endings: Ending[]) => assertEquals(await broken(reference, smallTraining, endings), whole);
  await fc.assert(fc.asyncProperty(fc.array(ending, { minLength: 1, maxLength: 3 }), same), { numRuns: 6 });
});

gpuTest("resuming: interrupted, a run on WebGPU is the same", async (gpu) => {
  const device = () => own(gpu);
  const whole = await broken(device, smallTraining, []);
  assertEquals(await broken(device, smallTraining, [{ kill: 6 }, { stop: 7 }]), whole);
});

Deno.test("resuming: encoders with masks, dropout and no average too", async () => {
  const json: Json = {
    ...smallTraining,
    objective: "masked",
    model: {
      ...{ model_type: "modernalbert", hidden_size: 16, intermediate_size: 24, embedding_size: 8, vocab_size: 31 },
      ...{ num_attention_heads: 2, num_hidden_layers: 4, group_depth: 2, max_position_embeddings: 32, dropout: 0.1 },
    },
    optimizer: { learning_rate: 1e-2 },
    checkpoint: "recursion",
  };
  assertEquals(
    await broken(reference, json, [{ stop: 5 }, { kill: 9 }, { stop: 10 }]),
    await broken(reference, json, []),
  );
});

Deno.test("resuming: with more steps, before its decay a trapezoid run is the longer one", async () => {
  const of = (steps: number): Json => ({ ...smallTraining, schedule: { kind: "trapezoid", decay: 0.25 }, steps });
  const out = await Deno.makeTempDir();
  await session(reference(), out, of(8), { stop: 5 }); // the decay begins after step 6
  await session(reference(), out, of(12));
  assertEquals(await outcome(out), await broken(reference, of(12), []));
  await Deno.remove(out, { recursive: true });
});

Deno.test("resuming: with more steps, the rates of the remaining ones are those of the longer schedule", async () => {
  const of = (steps: number): Json => ({ ...smallTraining, schedule: { kind: "linear" }, steps });
  const out = await Deno.makeTempDir();
  await session(reference(), out, of(4));
  await session(reference(), out, of(8));
  const rates = parseLog(await Deno.readTextFile(`${out}/log.jsonl`)).flatMap((line) =>
    line.kind === "step" ? [line.learningRate] : []
  );
  assertEquals(
    rates,
    [0.75, 0.5, 0.25, 0, 3 / 8, 2 / 8, 1 / 8, 0].map((share) => Number((share * 1e-2).toPrecision(9))),
  );
  await Deno.remove(out, { recursive: true });
});

Deno.test("checkpoints: a stop saves immediately, the newest ones are kept, and the position is recorded", async () => {
  const out = await Deno.makeTempDir();
  assertEquals(await session(reference(), out, smallTraining, { stop: 6 }), "interrupted");
  assertEquals(await checkpointSteps(out), [6, 4]);
  const { step, log, texts } = await readState(checkpointFolder(out, 6));
  assertEquals({ step, log, texts }, { step: 6, log: (await Deno.stat(`${out}/log.jsonl`)).size, texts: "some" });
  await session(reference(), out, smallTraining);
  assertEquals(await checkpointSteps(out), [11, 8]);
  await Deno.remove(out, { recursive: true });
});
