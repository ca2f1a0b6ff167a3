// A checkpoint: tensors by name, from one file or several shards.
import { MOST_TENSORS, type TensorEntry } from "./header.ts";
import { listNames, quote } from "./messages.ts";
import { inParallel } from "./parallel.ts";
import { readHeader, type ReadOptions, readTensor, refuseLonger } from "./safetensors.ts";
import { openSource } from "./open_source.ts";
import { type CheckpointSource, isSource, type Source, type SourceOptions } from "./source.ts";
import { readWeightMap } from "./weight_map.ts";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** Maximum number of files of a checkpoint. */
const MOST_SHARDS = 4096;

/** Concurrent look-ups of files. */
const LOOKED_UP = 16;

/** The tensors of a checkpoint, read on demand. */
export interface Checkpoint {
  /** Where the files come from, for `config.json` and the like. */
  readonly source: Source;
  /** The names of all tensors, file by file in the order of their bytes. */
  names(): string[];
  /** True if there is a tensor of this name. */
  has(name: string): boolean;
  /** Type, shape and position of a tensor; throws if there is none of this name. */
  entry(name: string): TensorEntry;
  /** The numbers of a floating tensor, flat in row-major order; throws as `readTensor` does. */
  read(name: string, options?: ReadOptions): Promise<Float32Array<ArrayBuffer>>;
  /** The numbers of an integer tensor, flat in row-major order; throws as `readTensor` does. */
  readInts(name: string, options?: ReadOptions): Promise<Int32Array<ArrayBuffer>>;
  /** The `__metadata__` of the files; the last file's value has priority. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Stored bytes of all tensors. */
  readonly totalBytes: number;
  /** Tensors of a shard that the index does not assign to it, as "file: name"; `names()` omits them. */
  readonly unlisted: readonly string[];
  /** Waits for the ends of files of unknown size; throws for one that is longer than its header says. */
  complete(): Promise<void>;
}

/** Options of opening a checkpoint; `onProgress` counts bytes over the whole checkpoint as its tensors are read. */
export interface CheckpointOptions extends SourceOptions, ReadOptions {}

/**
 * Opens a checkpoint: the given file, or `model.safetensors`, or the shards of `model.safetensors.index.json`. All
 * headers are read and checked, but no tensor.
 *
 * @throws if there is no such file, a header is invalid, or a listed shard or tensor is missing
 *
 * ```ts
 * import { encodeSafetensors } from "./write.ts";
 * const file = new Blob([...encodeSafetensors([{ name: "w", shape: [1], data: new Float32Array([3]) }])]);
 * const checkpoint = await openCheckpoint({ "model.safetensors": file });
 * await checkpoint.read("w"); // Float32Array [3]
 * ```
 */
export async function openCheckpoint(
  from: CheckpointSource | Source,
  { signal, onProgress }: CheckpointOptions = {},
): Promise<Checkpoint> {
  const source = isSource(from) ? from : openSource(from, { signal });
  const main = await mainFile(source);
  const map = main.endsWith(".index.json") ? await readWeightMap(source, main) : undefined;
  const entries = new Map<string, TensorEntry>();
  const metadata: Record<string, string> = Object.create(null);
  const unlisted: string[] = [];
  const ends = new Map<string, number>();
  for (const file of map ? await presentShards(source, main, map) : [main]) {
    const header = await readHeader(source, file);
    Object.assign(metadata, header.metadata);
    ends.set(file, header.ends);
    for (const entry of header.entries) {
      if (map && map.get(entry.name) !== file) unlisted.push(`${file}: ${entry.name}`);
      else entries.set(entry.name, entry);
    }
    if (entries.size + unlisted.length > MOST_TENSORS) {
      throw new Error(`Cannot open ${source.name}: its files have more than ${MOST_TENSORS} tensors`);
    }
  }
  const absent = [...map?.keys() ?? []].filter((name) => !entries.has(name)).map((name) =>
    `${name} in ${map!.get(name)}`
  );
  if (absent.length > 0) throw new Error(`Cannot open ${source.name}: the index lists ${listNames(absent)}, not there`);
  const complete = async () => {
    for (const [file, end] of ends) refuseLonger(file, await source.size(file), end);
  };
  return { ...collect(source, entries, onProgress), metadata, unlisted, complete };
}

/** The main file: the named one, else the single file, else the index. */
async function mainFile(source: Source): Promise<string> {
  const candidates = source.file === undefined ? [SINGLE, INDEX] : [source.file];
  for (const file of candidates) if (await source.has(file)) return file;
  const why = candidates.map((file) => source.whyMissing?.(file)).find(Boolean);
  throw new Error(`Cannot open ${source.name}: there is no ${candidates.join(" and no ")}${why ? `: ${why}` : ""}`);
}

async function presentShards(source: Source, index: string, map: ReadonlyMap<string, string>): Promise<string[]> {
  const shards = [...new Set(map.values())];
  if (shards.length > MOST_SHARDS) {
    throw new Error(`Cannot open ${source.name}: ${index} lists ${shards.length} files, at most ${MOST_SHARDS}`);
  }
  const missing: string[] = [];
  await inParallel(shards, LOOKED_UP, async (shard) => void (await source.has(shard) || missing.push(shard)));
  if (missing.length === 0) return shards;
  throw new Error(
    `Cannot open ${source.name}: ${index} lists ${listNames(missing)}, which ${source.name} does not have`,
  );
}

function collect(
  source: Source,
  entries: ReadonlyMap<string, TensorEntry>,
  onProgress: ReadOptions["onProgress"],
): Omit<Checkpoint, "metadata" | "unlisted" | "complete"> {
  const totalBytes = [...entries.values()].reduce((sum, { start, end }) => sum + end - start, 0);
  const loadedOf = new Map<string, number>();
  let loaded = 0;
  const entry = (name: string) => {
    const found = entries.get(name);
    if (found) return found;
    throw new Error(`Cannot read tensor ${quote(name)}: ${source.name} has ${entries.size} tensors, none of this name`);
  };
  /** Reports progress over the checkpoint; repeated reads of a tensor count once. */
  const watch = (name: string, options?: ReadOptions): ReadOptions => ({
    onProgress(progress) {
      options?.onProgress?.(progress);
      const before = loadedOf.get(name) ?? 0;
      if (progress.loaded <= before) return;
      loadedOf.set(name, progress.loaded);
      onProgress?.({ loaded: loaded += progress.loaded - before, total: totalBytes });
    },
  });
  return {
    source,
    names: () => [...entries.keys()],
    has: (name) => entries.has(name),
    entry,
    read: async (name, options) => await readTensor(source, entry(name), "f32", watch(name, options)),
    readInts: async (name, options) => await readTensor(source, entry(name), "i32", watch(name, options)),
    totalBytes,
  };
}
