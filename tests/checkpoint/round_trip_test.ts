import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encodeSafetensors, type TensorToWrite } from "../../src/checkpoint/write.ts";
import { BYTES_OF } from "../../src/checkpoint/dtypes.ts";
import { f16ToF32 } from "../../src/checkpoint/halves.ts";
import { join, open } from "./support.ts";

const shape = fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 3), fc.nat(9)), { maxLength: 4 });
const count = (sizes: readonly number[]) => sizes.reduce((product, size) => product * size, 1);
const bits32 = (sizes: readonly number[]) =>
  fc.uint32Array({ minLength: count(sizes), maxLength: count(sizes) }).map((array) => array.buffer);

const tensor: fc.Arbitrary<Omit<TensorToWrite, "name">> = shape.chain((sizes) =>
  fc.oneof(
    bits32(sizes).map((buffer) => ({ shape: sizes, data: new Float32Array(buffer) })),
    bits32(sizes).map((buffer) => ({ shape: sizes, data: new Int32Array(buffer) })),
    bits32(sizes).map((buffer) => ({ shape: sizes, data: Uint8Array.from(new Uint32Array(buffer)) })),
    bits32(sizes).map((buffer) => ({ shape: sizes, dtype: "F16" as const, data: halves(buffer) })),
    bits32(sizes).map((buffer) => ({ shape: sizes, dtype: "BF16" as const, data: brains(buffer) })),
  )
);
const name = fc.oneof(
  fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
  fc.constantFrom("__proto__", "constructor", "", "a.weight", "toString", "\u0000", '"'),
).filter((text) => text !== "__metadata__");
const named = fc.uniqueArray(fc.tuple(name, tensor), { selector: ([text]) => text, maxLength: 8 })
  .map((pairs) => pairs.map(([name, rest]): TensorToWrite => ({ name, ...rest })));
const metadata = fc.dictionary(fc.string(), fc.string());

/** Float32 values that F16 holds, no NaN among them: those are made quiet. */
function halves(buffer: ArrayBuffer): Float32Array {
  return f16ToF32(Uint16Array.from(new Uint32Array(buffer), (bits) => bits & 0xfbff));
}

function brains(buffer: ArrayBuffer): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint32Array(buffer), (bits) => (bits & 0xff7f0000) >>> 0).buffer);
}

const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

Deno.test("written files read back bit by bit", async () => {
  await fc.assert(
    fc.asyncProperty(named, metadata, async (tensors, meta) => {
      const checkpoint = await open(join(encodeSafetensors(tensors, meta)));
      assertEquals(new Set(checkpoint.names()), new Set(tensors.map(({ name }) => name)));
      assertEquals({ ...checkpoint.metadata }, { ...meta });
      for (const { name, shape, data } of tensors) {
        assertEquals(checkpoint.entry(name).shape, shape);
        if (data instanceof Float32Array) assertEquals(bytesOf(await checkpoint.read(name)), bytesOf(data));
        else assertEquals(await checkpoint.readInts(name), Int32Array.from(data));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("the header is padded to 8 bytes and every tensor starts on its own alignment", async () => {
  await fc.assert(fc.asyncProperty(named, async (tensors) => {
    const file = join(encodeSafetensors(tensors));
    assertEquals(Number(new DataView(file.buffer).getBigUint64(0, true)) % 8, 0);
    const checkpoint = await open(file);
    for (const text of checkpoint.names()) {
      const { start, dtype } = checkpoint.entry(text);
      assertEquals(start % BYTES_OF[dtype], 0, dtype);
    }
  }));
});

Deno.test("large tensors are written in pieces and read in pieces, with progress up to the end", async () => {
  const size = 2 ** 24 + 5;
  const data = Uint8Array.from({ length: size }, (_, i) => i * 7 >> 3);
  const chunks = [...encodeSafetensors([{ name: "big", shape: [size], data }])];
  assert(chunks.length > 2, `${chunks.length} chunks`);
  const steps: number[] = [];
  const checkpoint = await open(join(chunks));
  const read = await checkpoint.readInts("big", { onProgress: ({ loaded }) => steps.push(loaded) });
  assertEquals(steps, [2 ** 24, size]);
  assert(read.every((value, i) => value === data[i]));
});

Deno.test("tensors that do not fit the format are refused before the first chunk", () => {
  const data = new Float32Array(2);
  const write = (...tensors: TensorToWrite[]) => () => encodeSafetensors(tensors);
  assertThrows(write({ name: "a", shape: [3], data }), Error, "shape [3] does not fit 2 numbers");
  assertThrows(write({ name: "a", shape: [-1, -2], data }), Error, "does not fit 2 numbers");
  assertThrows(write({ name: "a", shape: [2], data, dtype: "I32" }), Error, "Float32Array cannot be written as I32");
  assertThrows(write({ name: "a", shape: [2], data: new Int32Array(2), dtype: "F16" }), Error, "Int32Array cannot be");
  assertThrows(write({ name: "a", shape: [2], data }, { name: "a", shape: [2], data }), Error, "given twice");
  assertThrows(write({ name: "__metadata__", shape: [2], data }), Error, "keeps that name");
});
