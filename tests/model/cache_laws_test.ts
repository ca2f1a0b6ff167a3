// Rows that are appended to caches, a few at a time, see what they would see all at once.
import fc from "fast-check";
import { assertThrows } from "@std/assert";
import { hostIndices } from "../../src/op/device.ts";
import { decode } from "../../src/model/decoder.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { parseDecoderConfig } from "../../src/model/config/decoder_json.ts";
import { ropeTable } from "../../src/ops/rope.ts";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import type { DecoderParams } from "../../src/model/decoder_schema.ts";
import { Caches } from "../../src/infer/caches.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { Decoding } from "../../src/infer/decoding.ts";
import { upload } from "../../src/model/upload.ts";
import { decoderOn, largestDifference } from "../support/models.ts";
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
  const cache = new Caches(device, config, sequences.length, capacity);
  for (const kv of cache.kv) kv?.data.fill(NaN); // what was not written is not read
  return (from: number[], to: number[], cached: boolean) => {
    const at = from.map((start, b) => Array.from({ length: to[b] - start }, (_, i) => start + i));
    const ends = at.map((list) => list.length).reduce((ends, length) => [...ends, ends.at(-1)! + length], [0]);
    const outputs = decode(device, params, config, {
      ids: whole(at.flatMap((list, b) => list.map((t) => sequences[b][t]))),
      positions: whole(at.flat()),
      offsets: whole(ends),
      table,
      cache: cached ? cache : undefined,
      maxDepth,
    });
    if (cached) cache.settle(outputs);
    if (cached && cache.lengths.data.join() !== to.join()) throw new Error(`grown to ${cache.lengths.data}, not ${to}`);
    const { hidden } = outputs;
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

Deno.test("decoding: says what cannot be decoded in a batch", () => {
  const routed = (kv: string) => decoderOn(device as never, { recursion: { ...recursion, kv } });
  const recursion = { sharing: "middle_cycle", num_recursions: 3, routing: "expert" };
  const options = { seeds: [0], limit: 8, kept: 4 };
  const refused = (model: DecoderModel, change: object, reason: string) =>
    assertThrows(() => new Decoding(model, { ...options, ...change }), RangeError, reason);
  refused(routed("hybrid"), {}, 'Cannot cache keys and values: kv is "hybrid", expected "recursion" or "share"');
  refused(routed("share"), { maxDepth: 0 }, "maxDepth is 0, expected a whole number from 1 to 3");
  const plain = decoderOn(device as never);
  refused(plain, { limit: 65 }, "Cannot decode a batch: a limit of 65 tokens, and there are 64 positions");
  refused(plain, { seeds: [] }, "there are no sequences");
  refused(plain, { maxDepth: 2 }, "maxDepth is 2, but this model routes nothing");
  refused(plain, { restart: 1, sampling: { repetitionPenalty: 1.5 } }, "repetitionPenalty is 1.5");
  const decoding = new Decoding(plain, { ...options, kept: 1, restart: 1 });
  assertThrows(() => decoding.prefill([[1], [2]]), RangeError, "2 prompts for 1 sequences");
  assertThrows(() => decoding.prefill([Array(8).fill(1)]), RangeError, "a prompt of 8 tokens, and a limit of 8");
  decoding.step();
  assertThrows(() => decoding.step(), RangeError, "1 tokens are kept, and none were read since");
});
