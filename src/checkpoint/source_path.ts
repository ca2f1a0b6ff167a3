// Files on disk.
import type { Source, SourceOptions } from "./source.ts";
import { type FileSystem, fileSystem, isMissing, type OpenFile } from "./host.ts";
import { checkRange, partsOf, splitFile } from "./source_names.ts";
import { reasonOf } from "./messages.ts";

/** Opens a folder, or the folder of one file, by path. Pipes and devices count as missing, because they may not end. */
export function pathSource(path: string, { signal }: SourceOptions = {}): Source {
  const files = fileSystem(`open ${path}`);
  const [folder, file] = splitFile(path);
  const locate = (name: string) => {
    const inside = partsOf(name).join("/");
    return folder === "" || /[\\/]$/.test(folder) ? folder + inside : `${folder}/${inside}`;
  };
  const size = async (name: string) => {
    signal?.throwIfAborted();
    try {
      const info = await files.info(locate(name));
      return info.isFile ? info.size : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new Error(`Cannot read ${locate(name)}: ${reasonOf(error)}`, { cause: error });
    }
  };
  return {
    name: path,
    file,
    size,
    has: async (name) => await size(name) !== undefined,
    async read(name, start, end) {
      checkRange(locate(name), start, end, await size(name));
      return await readRange(files, locate(name), start, end, signal);
    },
  };
}

async function readRange(files: FileSystem, path: string, start: number, end: number, signal?: AbortSignal) {
  const bytes = new Uint8Array(end - start);
  let have = 0;
  let file: OpenFile | undefined;
  try {
    file = await files.open(path);
    while (have < bytes.length) {
      signal?.throwIfAborted();
      const count = await file.read(bytes.subarray(have), start + have);
      if (count === 0) throw new Error(`the file ends after ${start + have} bytes, expected ${end}`);
      have += count;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw new Error(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  } finally {
    file?.close();
  }
  return bytes;
}
