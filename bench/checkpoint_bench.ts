// Reading 100 MB of weights from memory beside the search for NaN and infinity in what was read.
import { findInfinite } from "../src/checkpoint/finite.ts";
import { readHeader, readTensor } from "../src/checkpoint/safetensors.ts";
import { openSource } from "../src/checkpoint/open_source.ts";
import { encodeSafetensors } from "../src/checkpoint/write.ts";
import { normals } from "../src/common/random.ts";

const BYTES = 1e8;

for (const [dtype, size] of [["F32", 4], ["F16", 2], ["BF16", 2]] as const) {
  const group = `100 MB of ${dtype}`, count = BYTES / size;
  const some = normals(1, 2 ** 16), data = new Float32Array(count).map((_, i) => some[i & 0xffff]);
  const file = new Uint8Array(
    await new Blob([...encodeSafetensors([{ name: "w", shape: [count], data, dtype }])]).arrayBuffer(),
  );
  const source = openSource({ "w.safetensors": file });
  const { entries: [entry] } = await readHeader(source, "w.safetensors");
  Deno.bench({ name: "read", group, baseline: true, fn: async () => void await readTensor(source, entry, "f32") });
  Deno.bench({ name: "search", group, fn: () => void findInfinite(data) });
}
