import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { readHeader, readTensor } from "../../src/checkpoint/safetensors.ts";
import type { Source } from "../../src/checkpoint/source.ts";
import { encodeSafetensors } from "../../src/checkpoint/write.ts";
import { join, open, rawFile } from "./support.ts";

const whole = join(encodeSafetensors([
  { name: "a", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: "b", shape: [3], data: Float32Array.of(1, 2, 3), dtype: "F16" },
  { name: "c", shape: [], data: Uint8Array.of(1) },
], { format: "pt" }));

/** A file of which only the size and the first bytes exist, and which tells what was read of it. */
function claimed(size: number, prefix: Uint8Array): Source & { reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    name: "a claim",
    reads,
    has: () => Promise.resolve(true),
    size: () => Promise.resolve(size),
    read(_file, start, end) {
      reads.push([start, end]);
      return Promise.resolve(prefix.slice(start, end));
    },
  };
}

Deno.test("a file cut at any byte is refused", async () => {
  for (let length = 0; length < whole.length; length++) {
    const error = await assertRejects(() => open(whole.subarray(0, length)), Error, "Cannot read model.safetensors: ");
    assertEquals(error.message.includes("\n"), false, `cut at ${length}: ${error.message}`);
  }
  assertEquals((await open(whole)).names(), ["a", "b", "c"]);
});

Deno.test("a damaged file is read, or refused with one clear error", async () => {
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  let refusals = 0;
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      try {
        const checkpoint = await open(bytes);
        for (const name of checkpoint.names()) {
          const { dtype } = checkpoint.entry(name);
          await (dtype.startsWith("F") ? checkpoint.read(name) : checkpoint.readInts(name));
        }
      } catch (error) {
        refusals++;
        assert(error instanceof Error && /^Cannot (read|open) [^\n]+$/.test(error.message), String(error));
      }
    }),
    { numRuns: 2000 },
  );
  assert(refusals > 100, `${refusals} refusals: the damage is too mild to mean anything`);
});

Deno.test("a header length of 2^63, above 100 MB, or above the file is refused after 8 bytes", async () => {
  const cases: [bigint, number, string][] = [
    [2n ** 63n, 2 ** 40, "claims 9223372036854775808 bytes, at most 100000000"],
    [2n ** 64n - 1n, 2 ** 40, "claims 18446744073709551615 bytes, at most 100000000"],
    [100_000_001n, 2 ** 40, "claims 100000001 bytes, at most 100000000"],
    [50n, 57, "claims 50 bytes, the file has 49 after the length"],
    [1n, 8, "claims 1 bytes, the file has 0 after the length"],
  ];
  for (const [claims, size, message] of cases) {
    const source = claimed(size, rawFile("", 0, claims));
    await assertRejects(() => readHeader(source, "x.safetensors"), Error, message);
    assertEquals(source.reads, [[0, 8]]);
  }
});

Deno.test("a tensor that does not fit in memory is an error, not a crash", async () => {
  const size = 2 ** 50;
  const header = `{"x":{"dtype":"F32","shape":[${size / 4}],"data_offsets":[0,${size}]}}`;
  const prefix = rawFile(header);
  const source = claimed(prefix.length + size, prefix);
  const { entries } = await readHeader(source, "x.safetensors");
  await assertRejects(() => readTensor(source, entries[0], "f32"), Error, `${size / 4} numbers do not fit in memory`);
});

Deno.test("an empty file is refused", async () => {
  await assertRejects(() => open(new Uint8Array(0)), Error, "0 bytes, a safetensors file has at least 8");
});
