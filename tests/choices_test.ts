/** Words and numbers that callers pass: unknown words, and numbers that float32 does not hold, are refused by name. */
import { assertRejects, assertThrows } from "@std/assert";
import { type Device, hostIndices, hostTensor } from "../src/op/device.ts";
import { pool } from "../src/ops/pool.ts";
import { samplingRow } from "../src/ops/sample.ts";
import { checkSchedule } from "../src/train/schedule.ts";
import { Engine } from "../src/infer/engine/engine.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";
import { decoderOn, encoderOn, smallDecoder } from "./support/models.ts";

const reference = new ReferenceDevice();
/** What tests pass where the types allow a few words only. */
const unknown = "median" as never;

/** Pooling by an unknown word, alone and of an encoder, fails before anything runs. */
function refusesPooling(device: Device): void {
  const message = 'kind is "median", expected one of mean, first, last, max, mean_sqrt_len, weighted_mean';
  const rows = device.from(hostTensor([1, 2], [1, 2])), offsets = device.from(hostIndices([0, 1]));
  assertThrows(() => pool(device, rows, offsets, { kind: unknown, normalize: false }), RangeError, message);
}

Deno.test("choices: the reference refuses an unknown pooling", () => refusesPooling(reference));
gpuTest("choices: WebGPU refuses an unknown pooling", (gpu) => {
  for (const device of everyVariant(gpu)) refusesPooling(device);
  return Promise.resolve();
});

Deno.test("choices: options of models, engines and training are refused by name", async () => {
  const decoder = decoderOn(reference),
    refused = async (call: () => Promise<unknown>, message: string) => await assertRejects(call, RangeError, message);
  await refused(
    () => decoder.forward([[1]], { selection: unknown }),
    'Cannot run sequences: selection is "median", expected one of threshold, topk',
  );
  await refused(
    () => Engine.open(decoder, { depthCapacity: unknown }),
    'Cannot make an engine: depthCapacity is "median", expected one of all, capacity',
  );
  await refused(
    () => encoderOn(reference).merge({ mode: unknown }),
    'Cannot merge experts: mode is "median", expected one of delta, factor',
  );
  assertThrows(
    () => checkSchedule({ kind: unknown, peak: 1, steps: 1, warmup: 0 }),
    RangeError,
    'Cannot schedule the learning rate: kind is "median", expected one of constant, linear, cosine, trapezoid',
  );
  assertThrows(() => new ReferenceDevice(unknown), RangeError, 'precision is "median", expected one of f32, f64');
});

Deno.test("sampling: options that float32 does not hold are refused with their range", () => {
  const refused = (options: object, message: string) =>
    assertThrows(() => samplingRow(options), RangeError, `Cannot sample: ${message}`);
  for (const temperature of [1e-39, 1e-46, 1e39, -1, NaN, Infinity]) {
    refused({ temperature }, `temperature is ${temperature}, expected 0 or a number from 1.18e-38 to 8.51e+37`);
  }
  for (const topP of [0, 1e-46, 1.5]) refused({ topP }, `topP is ${topP}, expected a number from 1.18e-38 to 1`);
  for (const minP of [1e-46, -1, 2]) refused({ minP }, `minP is ${minP}, expected 0 or a number from 1.18e-38 to 1`);
  for (const repetitionPenalty of [0, 1e39, 1e-46, 1e20]) {
    const range = "expected a number from 1.08e-19 to 9.22e+18";
    refused({ repetitionPenalty }, `repetitionPenalty is ${repetitionPenalty}, ${range}`);
  }
  const message = "Cannot read the configuration: config.rms_norm_eps is 1e-50, expected 0 or a size from 1.18e-38";
  assertThrows(() => smallDecoder({ rms_norm_eps: 1e-50 }), RangeError, message);
});
