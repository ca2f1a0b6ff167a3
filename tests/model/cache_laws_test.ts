// Rows that are appended to caches in several steps attend to the same keys as in one pass.
import fc from "fast-check";
import { hostIndices } from "../../src/op/device.ts";
import { decode } from "../../src/model/decoder.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { ropeTable } from "../../src/ops/rope.ts";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import type { DecoderParams } from "../../src/model/decoder_schema.ts";
import { SLOT } from "../../src/ops/slots.ts";
import { cachesFor } from "../../cli/conformance/cached.ts";
import { decodeCached } from "../../src/infer/engine/prefill.ts";
import { upload } from "../../src/model/upload.ts";
import { largestDifference } from "../support/models.ts";
import { build, decoderSamples, type Sample } from "../support/random_models.ts";

const device = new ReferenceDevice("f64");
const whole = (data: number[]) => device.from(hostIndices(data));

/** Models of every kind but with hybrid keys, and where to cut each of their sequences. */
const samples = decoderSamples
  .filter(({ json }) => (json.recursion as { kv?: string } | undefined)?.kv !== "hybrid")
  .chain((sample) => {
    const cuts = fc.tuple(...sample.lengths.map((length) => fc.array(fc.nat(length), { maxLength: 3 })));
    return fc.record({ sample: fc.constant(sample), cuts, spare: fc.nat(3), maxDepth: fc.constantFrom(1, 2, 9) });
  });

/** A function that runs rows [from[b], to[b]) of every sequence, all of them on their own or after what the caches hold. */
function runner(sample: Sample, capacity: number, maxDepth: number) {
  const { model, task: { sequences } } = build(sample);
  const config = parseDecoderConfig(sample.json, { tied: sample.tied });
  const params: DecoderParams<RefTensor> = upload(device, decoderSchema(config), model.params as never);
  const table = device.from(ropeTable(config.maxPositions, config.K, config.rope));
  const caches = cachesFor({ device, config }, sequences.map(() => capacity));
  const { outer, block } = caches.layout;
  const kv = [...outer.map((l) => caches.layer(l)), ...Array.from({ length: block }, (_, j) => caches.block(j))];
  for (const { data } of kv) data.fill(NaN); // what was not written is not read
  return (from: number[], to: number[], cached: boolean) => {
    const at = from.map((start, b) => Array.from({ length: to[b] - start }, (_, i) => start + i));
    const ends = at.map((list) => list.length).reduce((ends, length) => [...ends, ends.at(-1)! + length], [0]);
    const inputs = {
      ids: whole(at.flatMap((list, b) => list.map((t) => sequences[b][t]))),
      positions: whole(at.flat()),
    };
    const rows = { ...inputs, offsets: whole(ends), table, maxDepth };
    const { hidden } = cached ? decodeCached(params, caches, rows) : decode(device, params, config, rows);
    const columns = caches.slots.shape[1];
    const grown = to.map((_, b) => caches.slots.data[b * columns + SLOT.length]);
    if (cached && grown.join() !== to.join()) throw new Error(`grown to ${grown}, not ${to}`);
    const D = config.D;
    return to.map((_, b) => [...hidden.data.subarray(ends[b] * D, ends[b + 1] * D)]);
  };
}

Deno.test("caches: prefill and any further steps give the rows of the full forward pass", () => {
  fc.assert(
    fc.property(samples, ({ sample, cuts, spare, maxDepth }) => {
      const { lengths } = sample;
      const run = runner(sample, Math.max(...lengths) + spare, maxDepth);
      const all = run(lengths.map(() => 0), [...lengths], false);
      const parts: number[][] = lengths.map(() => []);
      let from = lengths.map(() => 0);
      for (let step = 0; step <= 3; step++) {
        const to = lengths.map((length, b) => step === 3 ? length : Math.max(from[b], cuts[b][step] ?? from[b]));
        run(from, to, true).forEach((rows, b) => parts[b].push(...rows));
        from = to;
      }
      const worst = Math.max(...all.map((rows, b) => largestDifference(rows, parts[b])));
      if (!(worst <= 1e-9)) throw new Error(`rows differ by ${worst}`);
    }),
    { numRuns: 150 },
  );
});
