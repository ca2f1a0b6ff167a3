// Files in memory, or chosen by the user in a browser.
import type { Source, SourceOptions } from "./source.ts";
import { checkRange } from "./source_names.ts";
import { quote, reasonOf } from "./messages.ts";

/** Opens a record of files; a single `.safetensors` file is the checkpoint under any name. */
export function memorySource(files: Record<string, Blob | Uint8Array>, { signal }: SourceOptions = {}): Source {
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
      if (!(content instanceof Blob)) return content.subarray(start, end);
      try {
        return new Uint8Array(await content.slice(start, end).arrayBuffer());
      } catch (error) {
        throw new Error(`Cannot read ${quote(file)}: ${reasonOf(error)}`, { cause: error });
      }
    },
  };
}
