/** Whole models, random ones of every kind: kernels equal the definition within what float32 may do to it. */
import fc from "fast-check";
import { assert } from "@std/assert";
import { measure } from "../cli/conformance/check.ts";
import { compare } from "../cli/conformance/compare.ts";
import { quantitiesOf } from "../cli/conformance/model.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { WebGpuDevice } from "../kernels/mod.ts";
import type { Device } from "../src/op/device.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";
import { build, decoderSamples, encoderSamples, type Sample } from "./support/random_models.ts";

/** The worst error / bound of a sample on a device; undefined where float32 could change a selection. */
async function worstOf(sample: Sample, device: Device): Promise<number | undefined> {
  const { model, task } = build(sample);
  const { exact, bounds, undecided } = await measure(model, task);
  if (undecided.length > 0) return undefined;
  const actual = await quantitiesOf(device, model, task, false);
  let worst = 0;
  for (const [name, expected] of Object.entries(exact)) {
    const specified = Array.from(expected.data, (value) => Number(!Number.isNaN(value))); // rows that were no candidates
    const found = compare(actual[name], expected, { bound: bounds[name], specified });
    assert(found.outcome === "ok", `${name}: ${found.note}, error ${found.worst?.error} > bound ${found.worst?.bound}`);
    if (found.worst && found.worst.error > 0) worst = Math.max(worst, found.worst.error / found.worst.bound);
  }
  return worst;
}

/** Holds for random samples, each on a random one of the devices. */
async function equivalence(kind: string, samples: fc.Arbitrary<Sample>, devices: readonly Device[], numRuns: number) {
  let [worst, undecided] = [0, 0];
  const property = fc.asyncProperty(samples, fc.nat(devices.length - 1), async (sample, variant) => {
    const ratio = await worstOf(sample, devices[variant]);
    if (ratio === undefined) undecided++;
    fc.pre(ratio !== undefined);
    worst = Math.max(worst, ratio!);
  });
  await fc.assert(property, { numRuns });
  console.log(`${kind}: worst error / bound ${worst.toFixed(3)} over ${numRuns} models, ${undecided} left out`);
}

const reference = [new ReferenceDevice()];

Deno.test("random decoders: the reference in float32 is within the bound of noise", async () => {
  await equivalence("decoders on the reference", decoderSamples, reference, 30);
});

Deno.test("random encoders: the reference in float32 is within the bound of noise", async () => {
  await equivalence("encoders on the reference", encoderSamples, reference, 15);
});

gpuTest("random decoders: kernels equal the reference", async (device) => {
  await equivalence("decoders on WebGPU", decoderSamples, everyVariant(device), 24);
});

gpuTest("random encoders: kernels equal the reference", async (device) => {
  await equivalence("encoders on WebGPU", encoderSamples, everyVariant(device), 12);
});

/** The same with a vocabulary whose matrices have more bytes than a device of 64 KiB a binding binds. */
const large = (sample: Sample): Sample => ({
  ...sample,
  json: { ...sample.json, vocab_size: 2000 + 48 * Number(sample.json.vocab_size) },
});

gpuTest("random models: kernels equal the reference where the vocabulary is above one binding", async (gpu) => {
  const limited = everyVariant(gpu).map(({ device, adapter }) =>
    new WebGpuDevice(device, { ...adapter, maxBindingBytes: 2 ** 16 })
  );
  await equivalence("decoders in row parts", decoderSamples.map(large), limited, 2);
  await equivalence("encoders in row parts", encoderSamples.map(large), limited, 2);
});
