import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Device, hostIndices, hostTensor } from "../src/op/device.ts";
import { sample, type SamplingOptions, samplingRow } from "../src/ops/sample.ts";
import { ReferenceDevice } from "../reference/mod.ts";
import { filtered } from "../reference/sample.ts";
import * as cases from "./cases/sample.ts";
import { everyVariant, gpuTest } from "./support/gpu.ts";

/** Draws with counters 0 to n − 1 from one row of logits. */
async function drawn(
  logits: readonly number[],
  options: SamplingOptions,
  n: number,
  on: Device = new ReferenceDevice(),
) {
  const V = logits.length;
  const repeat = (row: readonly number[]) =>
    Float32Array.from({ length: n * row.length }, (_, i) => row[i % row.length]);
  const inputs = {
    logits: on.from(hostTensor([n, V], repeat(logits))),
    options: on.from(hostTensor([n, 5], repeat(samplingRow(options)))),
    seeds: on.from(hostIndices(new Int32Array(n).fill(7))),
    counters: on.from(hostIndices(Array.from({ length: n }, (_, i) => i))),
  };
  const { ids } = await on.read(sample(on, inputs));
  return [...ids.data];
}

/** Fails unless ids come as often as their probabilities say, within five standard deviations. */
function assertFrequencies(ids: readonly number[], probabilities: readonly number[]): void {
  probabilities.forEach((p, v) => {
    const count = ids.filter((id) => id === v).length;
    const deviation = 5 * Math.sqrt(ids.length * p * (1 - p));
    if (!(Math.abs(count - ids.length * p) <= deviation)) throw new Error(`${v}: ${count} of ${ids.length}, p = ${p}`);
  });
}

const tenths = [0.05, 0.4, 0.1, 0.2, 0.05, 0.2];
const logs = tenths.map((p) => Math.log(p) + 3);

const share = (ids: readonly number[], power = 1) => {
  const sum = ids.reduce((sum, v) => sum + tenths[v] ** power, 0);
  return tenths.map((p, v) => ids.includes(v) ? p ** power / sum : 0);
};

/** What each filter leaves of those tenths, by hand. */
const examples: readonly [SamplingOptions, number[]][] = [
  [{}, share([0, 1, 2, 3, 4, 5])],
  [{ temperature: 0.5 }, share([0, 1, 2, 3, 4, 5], 2)],
  [{ topK: 1 }, share([1])],
  [{ topK: 2 }, share([1, 3, 5])], // 3 and 5 are equal
  [{ topK: 4 }, share([1, 2, 3, 5])],
  [{ minP: 0.2 }, share([1, 2, 3, 5])],
  [{ topP: 0.3 }, share([1])],
  [{ topP: 0.5 }, share([1, 3, 5])],
  [{ topP: 0.85 }, share([1, 2, 3, 5])],
  [{ topP: 0.6, topK: 3 }, share([1, 3, 5])], // 0.4 is half of what top-k leaves
  [{ temperature: 0.5, topP: 0.5 }, share([1], 2)], // 0.16 of 0.265
];

Deno.test("sample: ids come as often as the filters and the temperature say, and no others", async () => {
  for (const [options, probabilities] of examples) {
    assertFrequencies(await drawn(logs, options, 8000), probabilities);
  }
});

gpuTest("sample: the kernels draw with the same frequencies", async (gpu) => {
  for (const device of everyVariant(gpu).slice(1, 3)) {
    for (const [options, probabilities] of examples) {
      assertFrequencies(await drawn(logs, options, 4000, device), probabilities);
    }
  }
});

Deno.test("sample: the kept tokens satisfy the definition of each filter", () => {
  fc.assert(fc.property(cases.sample, ({ inputs: { logits: { data, shape: [B, V] }, options } }) => {
    for (let b = 0; b < B; b++) {
      const [temperature, topK, topP, minP] = options.data.subarray(5 * b, 5 * b + 5);
      if (temperature === 0 || V > 300) continue;
      const x = [...data.subarray(b * V, b * V + V)];
      if (!(x.every((z) => z < Infinity) && Math.max(...x) > -Infinity)) continue; // no distribution
      const top = Math.max(...x);
      const w = x.map((z) => Math.exp((z - top) / temperature));
      const likely = x.map((z, v) => minP === 1 ? z === top : w[v] >= minP); // e^−ε is 1 in float64
      const among = x.map((z, v) => likely[v] && !(topK > 0 && x.filter((other) => other > z).length >= topK));
      const mass = (least: number) => x.reduce((sum, z, v) => sum + (among[v] && z > least ? w[v] : 0), 0);
      const stays = x.map((z, v) => among[v] && (mass(z) === 0 || topP === 1 || mass(z) < topP * mass(-Infinity)));
      const { kept } = filtered(x, [temperature, topK, topP, minP, 1]);
      assertEquals(kept, x.map((_, v) => v).filter((v) => stays[v]));
    }
  }));
});

Deno.test("sample: temperature 0 takes the maximum; the penalty lowers seen tokens; log-probabilities are those of the logits", async () => {
  assertEquals(new Set(await drawn([1, 5, 2, 5], { temperature: 0, topP: 0.2, topK: 3 }, 20)), new Set([1]));
  assertEquals(filtered([4, 3, -1], [0, 0, 1, 0, 2], [1, 0, 1]), { z: [2, 3, -2], kept: [1], weights: [0, 1, 0] });
  const device = new ReferenceDevice("f64");
  const from = (shape: number[], data: number[]) => device.from(hostTensor(shape, Float64Array.from(data)));
  const whole = (...data: number[]) => device.from(hostIndices(data));
  const options = from([1, 5], samplingRow({ temperature: 0, repetitionPenalty: 2 }));
  const inputs = { logits: from([1, 2], [Math.log(3), 0]), options, seeds: whole(0), counters: whole(0) };
  const { ids, logProbs } = await device.read(sample(device, inputs));
  assertEquals([ids.data[0], Math.abs(logProbs.data[0] - Math.log(0.75)) < 1e-15], [0, true]);
});

Deno.test("sample: options outside their range are refused", () => {
  const wrong = { temperature: -1, topK: 1.5, topP: 0, minP: 2, repetitionPenalty: 0 };
  for (const [name, value] of Object.entries(wrong)) {
    assertThrows(() => samplingRow({ [name]: value }), RangeError, `Cannot sample: ${name} is ${value}, expected`);
  }
});
