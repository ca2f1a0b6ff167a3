// Files in memory, or chosen by the user in a browser.
import type { CheckpointSource, FileContent, Source, SourceOptions } from "./source.ts";
import { checkRange } from "./source_names.ts";
import { describe, isRecord, quote, reasonOf } from "./messages.ts";

/**
 * Files by name: a record as it is; a list of `File` by their names, or by their paths inside the folder that was chosen;
 * one file of tensors without a name as `model.safetensors`.
 *
 * @throws naming what is given instead, and two files of one name
 */
export function namedFiles(from: Exclude<CheckpointSource, string | URL>): Record<string, FileContent> {
  const refuse = (found: string) =>
    new Error(`Cannot open ${found}: expected a path, a URL, a model of the Hub, or files in memory`);
  if (isContent(from)) return { "model.safetensors": from };
  if (!isRecord(from) && !Array.isArray(from)) throw refuse(describe(from));
  if (!(Symbol.iterator in from)) {
    const wrong = Object.keys(from).find((name) => !isContent((from as Record<string, FileContent>)[name]));
    if (wrong === undefined) return from as Record<string, FileContent>;
    throw refuse(`files in memory, ${quote(wrong)} is ${describe((from as Record<string, unknown>)[wrong])}`);
  }
  const files = [...from as Iterable<File>];
  const other = files.find((file) => !(file instanceof File));
  if (other !== undefined) throw refuse(`a list with ${describe(other)}`);
  const paths = files.map(({ name, webkitRelativePath: path }) => path ? path.slice(path.indexOf("/") + 1) : name);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new Error(`Cannot open a list of files: two of them are ${quote(twice)}`);
  return Object.fromEntries(paths.map((path, i) => [path, files[i]]));
}

const isContent = (value: unknown): value is FileContent =>
  value instanceof Blob || value instanceof ArrayBuffer || value instanceof Uint8Array;

/** Opens a record of files; a single `.safetensors` file is the checkpoint under any name. */
export function memorySource(files: Record<string, FileContent>, { signal }: SourceOptions = {}): Source {
  const held = new Map(Object.entries(files));
  const tensors = [...held.keys()].filter((name) => /\.safetensors(?:\.index\.json)?$/.test(name));
  const size = (file: string) => {
    signal?.throwIfAborted();
    const content = held.get(file);
    return content instanceof Blob ? content.size : content?.byteLength;
  };
  return {
    name: "the given files",
    file: tensors.length === 1 ? tensors[0] : undefined,
    has: (file) => Promise.resolve(held.has(file)),
    size: async (file) => await size(file),
    async read(file, start, end) {
      checkRange(quote(file), start, end, size(file));
      const content = held.get(file)!;
      if (content instanceof ArrayBuffer) return new Uint8Array(content, start, end - start);
      if (!(content instanceof Blob)) return content.subarray(start, end);
      try {
        return new Uint8Array(await content.slice(start, end).arrayBuffer());
      } catch (error) {
        throw new Error(`Cannot read ${quote(file)}: ${reasonOf(error)}`, { cause: error });
      }
    },
  };
}
