// Rows that are appended to caches, a few at a time, see what they would see all at once.
import fc from "fast-check";
import { assertThrows } from "@std/assert";
import { hostIndices } from "../../src/device.ts";
import { decode } from "../../src/model/decoder.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { parseDecoderConfig } from "../../src/model/decoder_json.ts";
import { ownsKeys } from "../../src/model/sharing.ts";
import { ropeTable } from "../../src/ops/rope.ts";
import { ReferenceDevice, type RefTensor } from "../../reference/mod.ts";
import type { DecoderParams } from "../../src/model/decoder_schema.ts";
import { Decoding } from "../../src/run/decoding.ts";
import { upload } from "../../src/model/upload.ts";
import { decoderOn, largestDifference } from "../support/models.ts";
import { build, decoderSamples, type Sample } from "../support/random_models.ts";

const device = new ReferenceDevice("f64");
const whole = (data: number[]) => device.from(hostIndices(data));

/** Models without routing, and where to cut each of their sequences. */
const samples = decoderSamples
  .filter(({ json }) => !(json.recursion as { routing?: string } | undefined)?.routing)
  .chain((sample) => {
    const cuts = fc.tuple(...sample.lengths.map((length) => fc.array(fc.nat(length), { maxLength: 3 })));
    return fc.record({ sample: fc.constant(sample), cuts, spare: fc.nat(3) });
  });

/** A function that runs rows [from[b], to[b]) of every sequence, all of them on their own or after what the caches hold. */
function runner(sample: Sample, capacity: number) {
  const { model, task: { sequences } } = build(sample);
  const config = parseDecoderConfig(sample.json, { tied: sample.tied });
  const params: DecoderParams<RefTensor> = upload(device, decoderSchema(config), model.params as never);
  const table = device.from(ropeTable(config.maxPositions, config.K, config.theta));
  const shape = [sequences.length * capacity, 2 * config.G * config.K];
  const kv = Array.from(
    { length: config.L },
    (_, l) =>
      ownsKeys(config, l) ? device.from({ shape, data: new Float64Array(shape[0] * shape[1]).fill(NaN) }) : undefined,
  );
  return (from: number[], to: number[], cached: boolean) => {
    const at = from.map((start, b) => Array.from({ length: to[b] - start }, (_, i) => start + i));
    const ends = at.map((list) => list.length).reduce((ends, length) => [...ends, ends.at(-1)! + length], [0]);
    const { hidden, grown } = decode(device, params, config, {
      ids: whole(at.flatMap((list, b) => list.map((t) => sequences[b][t]))),
      positions: whole(at.flat()),
      offsets: whole(ends),
      table,
      cache: cached ? { kv, lengths: whole(from), C: capacity } : undefined,
    });
    if (grown && grown.data.join() !== to.join()) throw new Error(`grown to ${grown.data}, not ${to}`);
    const D = config.D;
    return to.map((_, b) => [...hidden.data.subarray(ends[b] * D, ends[b + 1] * D)]);
  };
}

Deno.test("caches: prefill and any further steps give the rows of the full forward pass", () => {
  fc.assert(
    fc.property(samples, ({ sample, cuts, spare }) => {
      const { lengths } = sample;
      const run = runner(sample, Math.max(...lengths) + spare);
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
    { numRuns: 60 },
  );
});

Deno.test("decoding: says what cannot be decoded in a batch", () => {
  const model = decoderOn(device as never, {
    recursion: { sharing: "middle_cycle", num_recursions: 3, routing: "expert" },
  });
  const options = { seeds: [0], limit: 8, kept: 4 };
  assertThrows(() => new Decoding(model, options), RangeError, 'Cannot decode a batch: routing is "expert"');
  const plain = decoderOn(device as never);
  assertThrows(
    () => new Decoding(plain, { ...options, limit: 65 }),
    RangeError,
    "65 tokens, and there are 64 positions",
  );
  assertThrows(() => new Decoding(plain, { ...options, seeds: [] }), RangeError, "there are no sequences");
  const decoding = new Decoding(plain, { ...options, kept: 1, restart: 1 });
  decoding.step();
  assertThrows(() => decoding.step(), RangeError, "1 tokens are kept, and none were read since");
});
