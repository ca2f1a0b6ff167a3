// Saves the parameters of a model as a checkpoint folder.
import type { HostTensor } from "../op/device.ts";
import { sizeOf } from "../op/op.ts";
import type { Json } from "../model/config/fields.ts";
import { mapParams, type Parameter } from "../model/parameters.ts";
import { type Chunks, writeFilesAtomically, type WriteOptions } from "./files.ts";
import { describePlace, findInfinite } from "./finite.ts";
import { type Layout, nativeLayout } from "./layout.ts";
import { quote } from "./messages.ts";
import { sentenceFiles } from "./sentence.ts";
import type { Source } from "./source.ts";
import { encodeSafetensors, type TensorToWrite } from "./write.ts";

/** Names of element types in a config.json: `torch_dtype` of Transformers 4, `dtype` of Transformers 5. */
const STORAGE = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;

/** Element types of saved weights. */
export const WEIGHT_DTYPES = ["F32", "F16", "BF16"] as const;

/** How weights are stored. */
export type WeightDtype = typeof WEIGHT_DTYPES[number];

/** Contents of a folder for {@link saveModel}. */
export interface SavedModel extends WriteOptions {
  /** Content of `config.json`; its element type is replaced by that of the weights. */
  readonly json: Json;
  /** Schema of the parameters. */
  readonly schema: unknown;
  /** The parameters: the schema's record with host tensors for leaves. */
  readonly params: unknown;
  /** Names in the file; native unless given. `authorsLayout(config)` writes what the MoR authors' trainer reads. */
  readonly layout?: Layout;
  /** Element type of the weights; F32 unless given, F16 and BF16 round to nearest even. */
  readonly dtype?: WeightDtype;
  /** More files of the folder, such as those of {@link carriedFiles}. */
  readonly extraFiles?: Readonly<Record<string, Chunks>>;
}

/**
 * Writes `config.json`, `model.safetensors` and further files into a folder, all or none.
 * Returns their names.
 *
 * @throws if parameters do not fit their schema, a number is not finite as its dtype, or a file cannot be written
 *
 * ```ts
 * import { parameter } from "../model/parameters.ts";
 * import { hostTensor } from "../op/device.ts";
 * const folder = await Deno.makeTempDir();
 * const schema = { w: parameter("w", [2]) };
 * await saveModel(folder, { json: {}, schema, params: { w: hostTensor([2], [1, 2]) }, dtype: "BF16" });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function saveModel(folder: string, model: SavedModel): Promise<string[]> {
  const { json, schema, params, layout = nativeLayout, dtype, extraFiles, signal } = model;
  const tensors = tensorsOf(schema, params, layout, folder).map((tensor) => ({ ...tensor, dtype }));
  const storage = STORAGE[dtype ?? "F32"];
  const config = JSON.stringify({ ...json, ...layout.json, torch_dtype: storage, dtype: storage }, null, 2) + "\n";
  const files = {
    "config.json": [new TextEncoder().encode(config)],
    "model.safetensors": encodeSafetensors(tensors, { format: "pt" }),
    ...extraFiles,
  };
  await writeFilesAtomically(folder, files, { signal });
  return Object.keys(files);
}

/**
 * The tensors of a checkpoint: the parts of every parameter, under all names of the layout.
 *
 * @throws naming the folder and the first parameter that does not fit the schema, or holds NaN or infinity
 */
export function tensorsOf(
  schema: unknown,
  params: unknown,
  layout: Layout,
  folder: string,
): TensorToWrite[] {
  const tensors: TensorToWrite[] = [];
  mapParams<HostTensor | undefined, void>(schema, (leaf, value) => {
    const data = numbersOf(leaf, value, folder);
    let at = 0;
    for (const { name, shape } of leaf.parts) {
      const part = data.subarray(at, at += sizeOf(shape));
      const wrong = findInfinite(part);
      if (wrong >= 0) throw new Error(`Cannot save ${folder}: ${quote(name)} has ${describePlace(part, wrong, shape)}`);
      for (const written of layout.namesOf(name)) tensors.push({ name: written, shape, data: part });
    }
  }, params);
  return tensors;
}

function numbersOf({ shape, parts }: Parameter, value: HostTensor | undefined, folder: string): Float32Array {
  const fits = value && value.data.length === sizeOf(shape) && value.shape.join() === shape.join();
  if (fits) return value.data instanceof Float32Array ? value.data : Float32Array.from(value.data);
  const found = value ? `has shape [${value.shape}]` : "is missing";
  throw new Error(`Cannot save ${folder}: the parameter of ${quote(parts[0].name)} ${found}, expected [${shape}]`);
}

/** Files of a checkpoint that do not depend on its weights. */
const COMPANIONS = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "merges.txt",
  "generation_config.json",
] as const;

const PIECE_BYTES = 2 ** 20;

/**
 * The existing files of a source to copy with its model: tokenizer, generation settings, and the modules of a
 * sentence-transformers folder. They are read when they are written.
 *
 * ```ts
 * import { openSource } from "./open_source.ts";
 * const source = openSource({ "tokenizer.json": new Uint8Array([123, 125]) });
 * const extraFiles = await carriedFiles(source); // { "tokenizer.json": … }
 * ```
 */
export async function carriedFiles(
  source: Source,
  given?: readonly string[],
): Promise<Record<string, Chunks>> {
  const names = given ?? [...COMPANIONS, ...await sentenceFiles(source)];
  const sizes = await Promise.all(names.map((name) => source.size(name)));
  const there = names.flatMap((name, i) =>
    sizes[i] === undefined ? [] : [[name, copy(source, name, sizes[i])] as const]
  );
  return Object.fromEntries(there);
}

async function* copy(source: Source, name: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += PIECE_BYTES) yield await source.read(name, at, Math.min(size, at + PIECE_BYTES));
}
