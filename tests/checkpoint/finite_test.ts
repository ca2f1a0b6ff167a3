// NaN and infinity are refused by tensor and index, when weights are loaded and written.
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describePlace, findInfinite, findOverflow } from "../../src/checkpoint/finite.ts";
import { f32ToBf16, f32ToF16 } from "../../src/checkpoint/halves.ts";
import { loadParameters } from "../../src/checkpoint/load.ts";
import { saveModel } from "../../src/checkpoint/save.ts";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { encodeSafetensors } from "../../src/checkpoint/write.ts";
import { hostTensor } from "../../src/op/device.ts";
import { joined } from "../../src/model/parameters.ts";
import { inFolder, rawFile, row } from "./support.ts";

const schema = { w: joined([["a", 4], ["b", 4]], [14]) };

/** A file of two tensors of a type, a whole and b with a pattern of bytes at index 17. */
function fileOf(dtype: string, pattern: readonly number[]): Uint8Array<ArrayBuffer> {
  const size = pattern.length, bytes = new Uint8Array(112 * size);
  bytes.set(pattern, (56 + 17) * size);
  return rawFile(
    `{${row("a", dtype, [4, 14], 0, 56 * size)},${row("b", dtype, [4, 14], 56 * size, 112 * size)}}`,
    bytes,
  );
}

const loaded = async (file: Uint8Array) =>
  await loadParameters<{ w: { data: Float32Array } }>(await openCheckpoint({ "model.safetensors": file }), schema);

Deno.test("NaN and infinity of every stored type are refused when loaded", async () => {
  const cases: [dtype: string, pattern: number[], number: string][] = [
    ["F32", [0, 0, 0xc0, 0x7f], "NaN"],
    ["F32", [1, 0, 0x80, 0xff], "NaN"], // a signalling one
    ["F32", [0, 0, 0x80, 0x7f], "Infinity"],
    ["F32", [0, 0, 0x80, 0xff], "-Infinity"],
    ["F16", [0, 0x7e], "NaN"],
    ["F16", [0, 0xfc], "-Infinity"],
    ["BF16", [0xc0, 0x7f], "NaN"],
    ["BF16", [0x80, 0x7f], "Infinity"],
    ["F64", [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], "NaN"],
    ["F64", [0, 0, 0, 0, 0, 0, 0xf0, 0x47], "Infinity"], // 2^128, which float32 cannot hold
  ];
  for (const [dtype, pattern, number] of cases) {
    const message = `Cannot load model.safetensors: "b" has ${number} at index 17 ([1, 3] of [4, 14])`;
    await assertRejects(() => loaded(fileOf(dtype, pattern)), Error, message);
  }
});

Deno.test("the largest and the smallest finite numbers are loaded", async () => {
  const cases: [dtype: string, pattern: number[], number: number][] = [
    ["F32", [0xff, 0xff, 0x7f, 0x7f], 3.4028234663852886e38],
    ["F32", [1, 0, 0, 0x80], -1.401298464324817e-45],
    ["F16", [0xff, 0xfb], -65504],
    ["BF16", [0x7f, 0x7f], 3.3895313892515355e38],
    ["F64", [0, 0, 0, 0, 0, 0, 0xe0, 0x47], 2 ** 127],
  ];
  for (const [dtype, pattern, number] of cases) {
    assertEquals((await loaded(fileOf(dtype, pattern))).w.data[56 + 17], number);
  }
});

Deno.test("saveModel refuses overflows by tensor, index and value, and writes no file", async () => {
  await inFolder(async (folder) => {
    const save = (value: number, dtype: "F32" | "F16" | "BF16") => {
      const data = new Float32Array(112);
      data[56 + 17] = value;
      return saveModel(`${folder}/model`, { json: {}, schema, params: { w: hostTensor([8, 14], data) }, dtype });
    };
    const place = "at index 17 ([1, 3] of [4, 14])";
    for (const [value, dtype] of [[70000, "F16"], [-65520, "F16"], [3.4e38, "BF16"]] as const) {
      const shown = Math.fround(value);
      const message = `Cannot write tensor "b": ${shown} ${place} is infinite as ${dtype}`;
      await assertRejects(() => save(value, dtype), Error, message);
    }
    for (const value of [NaN, Infinity, -Infinity]) {
      for (const dtype of ["F32", "F16", "BF16"] as const) {
        await assertRejects(() => save(value, dtype), Error, `Cannot save ${folder}/model: "b" has ${value} ${place}`);
      }
    }
    await assertRejects(() => Deno.stat(`${folder}/model`), Deno.errors.NotFound);
    await save(65519, "F16");
    const { w } = await loadParameters<{ w: { data: Float32Array } }>(await openCheckpoint(`${folder}/model`), schema);
    assertEquals(w.data[56 + 17], 65504);
  });
});

Deno.test("a number overflows exactly where its rounding to 16 bits is infinite", () => {
  const word = new Uint32Array(1), number = new Float32Array(word.buffer);
  const around = (value: number) => {
    number[0] = value;
    const [middle] = word;
    return Array.from({ length: 2001 }, (_, i) => (word[0] = middle + i - 1000, number[0]));
  };
  for (const value of [...around(65520), ...around(3.3961775e38), 3.4028234663852886e38, 0, 1]) {
    for (const signed of [value, -value]) {
      const one = Float32Array.of(signed);
      assertEquals(findOverflow(one, "F16") === 0, (f32ToF16(one)[0] & 0x7fff) === 0x7c00, `${signed}`);
      assertEquals(findOverflow(one, "BF16") === 0, (f32ToBf16(one)[0] & 0x7fff) === 0x7f80, `${signed}`);
    }
  }
  assertEquals(findInfinite(Float32Array.of(1, -Infinity, NaN)), 1);
  assertEquals(describePlace(Float32Array.of(7), 0, []), "7 at index 0 ([] of [])");
});

Deno.test("infinity stored as infinity is written", () => {
  for (const dtype of ["F32", "F16", "BF16"] as const) {
    encodeSafetensors([{ name: "w", shape: [2], data: Float32Array.of(Infinity, NaN), dtype }]);
  }
  assertThrows(() => encodeSafetensors([{ name: "w", shape: [], data: Float32Array.of(1e5), dtype: "F16" }]), Error);
});
