// The index of a sharded checkpoint, which maps tensors to files.
import { HEADER_LIMITS } from "./header.ts";
import { readJson } from "./json.ts";
import { describe, isRecord, quote } from "./messages.ts";
import type { Source } from "./source.ts";
import { partsOf } from "./source_names.ts";

/** Maximum length of a file name in file systems. */
const LONGEST_NAME = 255;

/**
 * Reads the `weight_map` of an index file: tensor name → shard file.
 *
 * @throws if there is none, or an entry is not the name of a file inside the checkpoint (`../x`, `/x`, a URL)
 */
export async function readWeightMap(source: Source, index: string): Promise<Map<string, string>> {
  const json = await readJson(source, index, HEADER_LIMITS);
  const map = json.weight_map;
  if (!isRecord(map)) throw new Error(`Cannot read ${index}: weight_map is ${describe(map)}, expected an object`);
  const entries = Object.entries(map).map(([name, shard]): [string, string] => {
    if (typeof shard === "string" && isInside(shard)) return [name, shard];
    throw new Error(
      `Cannot read ${index}: tensor ${quote(name)} is in ${describe(shard)}, expected a file beside the index`,
    );
  });
  return new Map(entries);
}

function isInside(file: string): boolean {
  try {
    return partsOf(file).every(({ length }) => length <= LONGEST_NAME);
  } catch {
    return false;
  }
}
