/** Golden models merged by the EMA of their routing, on both devices (docs/mol.md, "EMA merging"). */
import { assert } from "@std/assert";
import { openGolden } from "../../cli/conformance/golden.ts";
import type { Model } from "../../cli/conformance/model.ts";
import type { Task } from "../../cli/conformance/task.ts";
import { measureNoise, ReferenceDevice } from "../../reference/mod.ts";
import { DecoderModel } from "../../src/infer/decoder.ts";
import { EncoderModel } from "../../src/infer/encoder.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { mapParams } from "../../src/model/parameters.ts";
import type { Device, HostTensor } from "../../src/op/device.ts";
import { goldenPath } from "../support/golden.ts";
import { gpuTest } from "../support/gpu.ts";
import { largestDifference } from "../support/models.ts";

/** Every weight of a merged model, and its hidden states over the calibration. */
async function merged(
  device: Device,
  { kind, config, params }: Model,
  calibration: Task["sequences"],
) {
  const model = kind === "encoder"
    ? new EncoderModel(device, config, params)
    : new DecoderModel(device, config, params);
  const single = await model.merge({ calibration, decay: 0.5 });
  const named: Record<string, HostTensor> = { hidden: (await single.forward(calibration)).hidden };
  const schema = single instanceof EncoderModel ? encoderSchema(single.config) : decoderSchema(single.config);
  mapParams<HostTensor, void>(
    schema,
    ({ parts: [{ name }] }, tensor) => void (named[name] = tensor),
    await single.weights(),
  );
  model.dispose();
  single.dispose();
  return named;
}

async function measure(name: string) {
  const { model, task } = await openGolden(goldenPath(name)), sequences = task.sequences.slice(0, 2);
  return { model, sequences, noise: await measureNoise((noisy) => merged(noisy, model, sequences)) };
}

/** Measured once for both devices. */
const measured = new Map<string, ReturnType<typeof measure>>();

/** Compares a merged golden model with double precision, within the noise of float32; its expert sets have margins of 1e-3. */
async function checkGolden(name: string, device: Device): Promise<void> {
  if (!measured.has(name)) measured.set(name, measure(name));
  const { model, sequences, noise: { exact, bounds } } = await measured.get(name)!;
  const actual = await merged(device, model, sequences);
  let worst = 0;
  for (const [tensor, { data }] of Object.entries(exact)) {
    const error = largestDifference(actual[tensor].data, data);
    if (error > 0) worst = Math.max(worst, error / bounds[tensor]);
    assert(error <= bounds[tensor], `${name}: ${tensor} is off by ${error}, bound ${bounds[tensor]}`);
  }
  console.log(`EMA merging of ${name}: worst error / bound ${worst.toFixed(3)}`);
}

for (const name of ["modernalbert-top2", "mor-expert-mol"]) {
  Deno.test(`EMA merging of golden ${name}: the reference`, () => checkGolden(name, new ReferenceDevice()));
  gpuTest(`EMA merging of golden ${name}: the kernels`, (device) => checkGolden(name, device));
}
