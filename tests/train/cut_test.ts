// Microbatches do not change a step: losses, gradients, log and updates.
import fc from "fast-check";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { measureNoise, ReferenceDevice } from "../../reference/mod.ts";
import type { Device, HostTensor } from "../../src/op/device.ts";
import type { LabelledSequence } from "../../src/train/data/batches.ts";
import { parseLog } from "../../src/train/run/log_lines.ts";
import { largestDifference } from "../support/models.ts";
import { session, smallTraining } from "../support/training_run.ts";
import { gpuTest } from "../support/gpu.ts";
import { own } from "../support/device.ts";
import { batchOf, labelledSequences, stepOf, type TrainingTask, trainingTasks } from "../support/training_tasks.ts";

const T = 9;

/** Sequences, and after how many of them each microbatch ends; equal ends are microbatches of nothing. */
interface Cut {
  sequences: LabelledSequence[];
  ends: number[];
}

const cuts: fc.Arbitrary<Cut> = labelledSequences(T, 5).chain((sequences) =>
  fc.array(fc.nat(sequences.length), { minLength: 1, maxLength: 3 })
    .map((ends) => ({ sequences, ends: [...ends.sort((a, b) => a - b), sequences.length] }))
);

const whole = ({ sequences }: Cut) => [batchOf(sequences, { B: sequences.length, T })];

/** Microbatches of one shape, as those of a run are. */
function parts({ sequences, ends }: Cut) {
  const groups = ends.map((end, i) => sequences.slice(ends[i - 1] ?? 0, end));
  const B = Math.max(1, ...groups.map(({ length }) => length));
  return groups.map((group) => batchOf(group, { B, T }));
}

/** Throws where a number differs by more than its name's bound. */
function assertWithin(
  actual: Readonly<Record<string, HostTensor>>,
  expected: Readonly<Record<string, HostTensor>>,
  bound: (name: string) => number,
): void {
  assertEquals(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [name, { data }] of Object.entries(expected)) {
    const difference = largestDifference(actual[name].data, data);
    assert(difference <= bound(name), `${name} differs by ${difference}, more than ${bound(name)}`);
  }
}

for (const [name, task] of Object.entries(trainingTasks)) {
  Deno.test(`microbatches do not change a step in double precision (${name})`, async () => {
    const exact = new ReferenceDevice("f64");
    await fc.assert(
      fc.asyncProperty(cuts, async (cut) => {
        const [one, many] = [await stepOf(exact, task, whole(cut)), await stepOf(exact, task, parts(cut))];
        const size = (name: string) => Math.max(1, ...Array.from(one[name].data, Math.abs));
        assertWithin(many, one, (name) => 2 ** -53 * 1e4 * size(name)); // ten thousand roundings
      }),
      { numRuns: 25 },
    );
  });
}

/** Within what float32 may do to the whole batch, measured, a cut batch gives the same on a device. */
async function sameOn(device: Device, task: TrainingTask, seeds: readonly number[]): Promise<void> {
  let decided = 0;
  for (const seed of seeds) {
    const [cut] = fc.sample(cuts, { seed, numRuns: 1 });
    const compute = (noisy: unknown) => stepOf(noisy as Device, task, whole(cut));
    const { exact, bounds, undecided } = await measureNoise(compute, 4);
    if (undecided.length > 0) continue;
    decided++;
    assertWithin(await stepOf(device, task, parts(cut)), exact, (name) => bounds[name]);
  }
  assert(decided > 0, "every selection was too close to call");
}

for (const [name, task] of Object.entries(trainingTasks)) {
  Deno.test(`microbatches do not change a step beyond float32's bound (${name})`, () =>
    sameOn(new ReferenceDevice(), task, [1, 2]));
  gpuTest(
    `cutting a batch never changes a step on the GPU, within float32's bound (${name})`,
    (gpu) => sameOn(own(gpu), task, [3, 4]),
  );
}

Deno.test("the loss of 17 labels in microbatches of 16 and 1 is their mean, computed by hand", async () => {
  const device = new ReferenceDevice("f64");
  const ids = Array.from({ length: T }, (_, t) => t + 3);
  const sequence = (labelled: number) => ({ ids, labels: ids.map((id, t) => t < labelled ? id : -100) });
  const single = async (sequences: LabelledSequence[]) =>
    (await stepOf(device, trainingTasks.plain, [batchOf(sequences, { B: 2, T })]))["loss.lm"].data[0];
  const [sixteen, one] = [[sequence(8), sequence(8)], [{ ids: ids.toReversed(), labels: sequence(1).labels }]];
  const expected = (16 * await single(sixteen) + await single(one)) / 17;
  const batches = [sixteen, one].map((sequences) => batchOf(sequences, { B: 2, T }));
  const { "loss.lm": { data: [loss] } } = await stepOf(device, trainingTasks.plain, batches);
  assertAlmostEquals(loss, expected, 1e-12);
});

Deno.test("runs with other microbatches log the same steps from the same texts", async () => {
  const exact = new ReferenceDevice("f64");
  const steps = async (batch: number, accumulate: number) => {
    const out = await Deno.makeTempDir();
    const data = { ...smallTraining.data as object, batch, accumulate };
    await session(exact, out, { ...smallTraining, data, schedule: { kind: "constant" } });
    const lines = parseLog(await Deno.readTextFile(`${out}/log.jsonl`)).filter(({ kind }) => kind === "step");
    await Deno.remove(out, { recursive: true });
    return JSON.stringify(lines).match(/-?[\d.]+(e-?\d+)?/g)!.map(Number);
  };
  const [one, ...others] = [await steps(4, 1), await steps(2, 2), await steps(1, 4)];
  for (const other of others) assert(largestDifference(other, one) < 1e-6);
});
