import { assert, assertEquals } from "@std/assert";
import { readJson } from "../../src/checkpoint/json.ts";
import { openCheckpoint } from "../../src/checkpoint/shards.ts";

const golden = new URL("../../../shared/golden/", import.meta.url);

function foldersOf(url: URL): string[] {
  try {
    return [...Deno.readDirSync(url)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

for (const folder of foldersOf(golden)) {
  Deno.test(`golden ${folder}: every file opens and every tensor is read`, async () => {
    const url = new URL(`${folder}/`, golden);
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
