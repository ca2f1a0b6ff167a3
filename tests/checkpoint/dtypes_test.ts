import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { BYTES_OF, type Dtype } from "../../src/checkpoint/dtypes.ts";
import { join, open, rawFile, row } from "./support.ts";

/** A file whose tensor "x" starts `shift` bytes into the data. */
function shifted(dtype: Dtype, numbers: ArrayBufferView, shift: number): Uint8Array {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const rows = [
    row("pad", "U8", [shift], 0, shift),
    row("x", dtype, [bytes.length / BYTES_OF[dtype]], shift, shift + bytes.length),
  ];
  return rawFile(`{${rows.join(",")}}`, join([new Uint8Array(shift), bytes]));
}

const shift = fc.nat(9);
const cases: [Dtype, fc.Arbitrary<ArrayBufferView & Iterable<number>>][] = [
  ["F32", fc.float32Array()],
  ["F64", fc.float64Array()],
  ["F16", fc.array(fc.float()).map((values) => Float16Array.from(values))],
];

for (const [dtype, numbers] of cases) {
  Deno.test(`${dtype} is read as float32 at any offset`, async () => {
    await fc.assert(fc.asyncProperty(numbers, shift, async (values, by) => {
      const checkpoint = await open(shifted(dtype, values, by));
      assertEquals(await checkpoint.read("x"), Float32Array.from(values));
    }));
  });
}

Deno.test("BF16 is read as float32 at any offset", async () => {
  await fc.assert(fc.asyncProperty(fc.float32Array({ noNaN: true }), shift, async (values, by) => {
    const upper = Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16);
    const expected = new Float32Array(Uint32Array.from(upper, (bits) => bits << 16).buffer);
    assertEquals(await (await open(shifted("BF16", upper, by))).read("x"), expected);
  }));
});

const integers: [Dtype, fc.Arbitrary<ArrayBufferView & Iterable<number>>][] = [
  ["I32", fc.int32Array()],
  ["I16", fc.int16Array()],
  ["U16", fc.uint16Array()],
  ["I8", fc.int8Array()],
  ["U8", fc.uint8Array()],
  ["BOOL", fc.uint8Array({ max: 1 })],
];

for (const [dtype, numbers] of integers) {
  Deno.test(`${dtype} is read as int32 at any offset, and not as weights`, async () => {
    await fc.assert(fc.asyncProperty(numbers, shift, async (values, by) => {
      const checkpoint = await open(shifted(dtype, values, by));
      assertEquals(await checkpoint.readInts("x"), Int32Array.from(values));
      await assertRejects(() => checkpoint.read("x"), Error, `${dtype} cannot be read as weights`);
    }));
  });
}

Deno.test("I64 is read if every value fits in 32 bits", async () => {
  await fc.assert(fc.asyncProperty(fc.int32Array(), shift, async (values, by) => {
    const wide = BigInt64Array.from(values, BigInt);
    assertEquals(await (await open(shifted("I64", wide, by))).readInts("x"), values);
  }));
  const outside = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).filter((value) => BigInt.asIntN(32, value) !== value);
  await fc.assert(fc.asyncProperty(outside, async (value) => {
    const checkpoint = await open(shifted("I64", BigInt64Array.of(1n, value), 0));
    await assertRejects(() => checkpoint.readInts("x"), Error, `${value} does not fit in 32 bits`);
  }));
});

Deno.test("types that are known but hold neither weights nor 32-bit integers are refused by name", async () => {
  for (const dtype of ["U32", "U64", "C64", "F8_E4M3"] as const) {
    const checkpoint = await open(shifted(dtype, new Uint8Array(8), 1));
    await assertRejects(() => checkpoint.read("x"), Error, `${dtype} cannot be read as weights`);
    await assertRejects(() => checkpoint.readInts("x"), Error, `${dtype} cannot be read as 32-bit integers`);
  }
  const checkpoint = await open(shifted("F32", new Float32Array(1), 0));
  await assertRejects(() => checkpoint.readInts("x"), Error, "F32 cannot be read as 32-bit integers");
  await assertRejects(() => checkpoint.read("y"), Error, `Cannot read tensor "y": the given files has 2 tensors`);
});
