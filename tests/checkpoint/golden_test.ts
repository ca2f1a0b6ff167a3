import { assert, assertEquals } from "@std/assert";
import { readJson } from "../../src/checkpoint/json.ts";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";
import { GOLDEN, goldenNames } from "../support/golden.ts";

for (const folder of goldenNames) {
  Deno.test(`golden ${folder}: every file opens and every tensor is read`, async () => {
    const url = new URL(`${folder}/`, GOLDEN);
    assert("vocab_size" in await readJson((await openCheckpoint(url)).source));
    for (const file of ["model.safetensors", "expected.safetensors"]) {
      const checkpoint = await openCheckpoint(new URL(file, url));
      assert(checkpoint.names().length > 0);
      for (const name of checkpoint.names()) {
        const { dtype, shape } = checkpoint.entry(name);
        const numbers = dtype === "F32" ? await checkpoint.read(name) : await checkpoint.readInts(name);
        assertEquals(numbers.length, shape.reduce((product, size) => product * size, 1), name);
        assert(numbers.every(Number.isFinite), `${name} has numbers that are not finite`);
      }
    }
  });
}
