/** Fuzz target: safetensors files and indices. An accepted one must be fully consistent. */
import { BYTES_OF, type Dtype, TO_F32, TO_I32 } from "../../src/checkpoint/dtypes.ts";
import { loadParameters } from "../../src/checkpoint/load.ts";
import { type Checkpoint, openCheckpoint } from "../../src/checkpoint/shards.ts";
import { parameter } from "../../src/model/parameters.ts";
import type { Draw } from "./draw.ts";
import { changeJson, hostileText } from "./hostile.ts";
import { demand, demandFinite, outcomeOf, type Target } from "./target.ts";

type Json = Record<string, unknown>;

/** A valid header of a few tensors, and the bytes of its data. */
function validHeader(draw: Draw): { header: Json; bytes: number } {
  const header: Json = {};
  let at = 0;
  if (draw.chance(0.3)) header.__metadata__ = { format: "pt" };
  const prefix = draw.chance(0.1) ? draw.pick(["module.", "student.", "model."]).repeat(draw.pick([1, 3, 9, 140])) : "";
  for (let i = 0, count = draw.pick([0, 1, 2, 5, 300]); i < count; i++) {
    const dtype = draw.pick(Object.keys(BYTES_OF) as Dtype[]);
    const shape = draw.list(draw.below(4), () => draw.below(5));
    const end = at + shape.reduce((a, b) => a * b, 1) * BYTES_OF[dtype];
    header[`${prefix}layers.${i}.weight`] = { dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  return { header, bytes: at };
}

/** A safetensors file with a possibly damaged header, length or data. */
function someFile(draw: Draw): Uint8Array<ArrayBuffer> {
  const { header, bytes } = validHeader(draw);
  for (let i = draw.pick([0, 0, 1, 1, 3]); i > 0; i--) changeJson(draw, header);
  const json = new TextEncoder().encode(hostileText(draw, header, draw.pick([0, 0, 0, 0, 1])));
  const data = draw.chance(0.9) ? bytes : draw.pick([0, bytes + 1, Math.max(0, bytes - 1), 1000]);
  const file = new Uint8Array(8 + json.length + data);
  const length = draw.chance(0.95) ? json.length : draw.pick([0, 1, 2 ** 31, 2 ** 53, json.length + 1]);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(json, 8);
  for (let i = 8 + json.length; i < file.length; i++) file[i] = draw.below(256);
  return draw.chance(0.05) ? file.slice(0, draw.below(file.length)) : file;
}

/** One file, or two with an index. */
function someFiles(draw: Draw): Record<string, Uint8Array<ArrayBuffer>> {
  if (draw.chance(0.7)) return { "model.safetensors": someFile(draw) };
  const files = { "a.safetensors": someFile(draw), "b.safetensors": someFile(draw) };
  const names = draw.list(draw.pick([1, 5, 300]), (i) => [`layers.${i}.weight`, draw.pick(Object.keys(files))]);
  const index: Json = { metadata: { total_size: 1 }, weight_map: Object.fromEntries(names) };
  if (draw.chance(0.7)) changeJson(draw, index);
  const text = hostileText(draw, index, draw.pick([0, 0, 1]));
  return { ...files, "model.safetensors.index.json": new TextEncoder().encode(text) };
}

/** Reads every tensor in every supported way; a refusal must be one clear error. */
async function readAll(checkpoint: Checkpoint): Promise<void> {
  for (const name of checkpoint.names()) {
    const { dtype, shape, start, end } = checkpoint.entry(name);
    const count = shape.reduce((a, b) => a * b, 1);
    demand(end - start === count * BYTES_OF[dtype], () => `${name}: ${end - start} bytes of ${dtype} [${shape}]`);
    const read = [["f32", TO_F32, () => checkpoint.read(name)], [
      "i32",
      TO_I32,
      () => checkpoint.readInts(name),
    ]] as const;
    for (const [kind, decoders, numbers] of read) {
      const outcome = await outcomeOf(async () => demand((await numbers()).length === count, () => `${name}: ${kind}`));
      demand(outcome === "refused" || dtype in decoders, () => `${dtype} was read as ${kind}`);
    }
    await outcomeOf(async () => {
      demandFinite(name, await loadParameters<{ data: Float32Array }>(checkpoint, parameter(name, shape)));
    });
  }
}

/** {@link Target} of headers. */
export const headers: Target = {
  name: "headers",
  open: () =>
    Promise.resolve((draw) => {
      const files = someFiles(draw);
      return outcomeOf(async () => {
        const checkpoint = await openCheckpoint(files);
        const tensors = Object.values(files).reduce((sum, { length }) => sum + length, 0);
        demand(checkpoint.totalBytes <= tensors, () => `${checkpoint.totalBytes} bytes of tensors in ${tensors}`);
        if (checkpoint.names().length <= 10) await readAll(checkpoint);
      });
    }),
};
