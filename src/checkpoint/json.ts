// JSON files and headers: bytes in, one checked object out.
import { findJsonFault } from "./json_fault.ts";
import { describe, isRecord, reasonOf } from "./messages.ts";
import type { Source } from "./source.ts";

/** The most bytes of JSON that are read into memory, for a header as for a file. */
export const MOST_JSON_BYTES = 100_000_000;

/**
 * Reads a JSON file, such as `config.json`, that holds an object.
 *
 * @throws if the file is missing, above 100 MB, not UTF-8, not JSON (with line and column), repeats a key, or holds
 * something other than an object
 *
 * ```ts
 * import { openSource } from "./source.ts";
 * const source = openSource({ "config.json": new TextEncoder().encode('{"hidden_size": 8}') });
 * const config = await readJson(source, "config.json"); // { hidden_size: 8 }
 * ```
 */
export async function readJson(source: Source, file = "config.json"): Promise<Record<string, unknown>> {
  const { bytes, action } = await readBytes(source, file);
  return parseJsonObject(bytes, action);
}

/** Reads a JSON file that holds a list. Throws as {@link readJson} does. */
export async function readJsonList(source: Source, file: string): Promise<unknown[]> {
  const { bytes, action } = await readBytes(source, file);
  const value = parse(decode(bytes, action), action);
  if (!Array.isArray(value)) throw new Error(`Cannot ${action}: expected a list, found ${describe(value)}`);
  return value;
}

async function readBytes(source: Source, file: string): Promise<{ bytes: Uint8Array; action: string }> {
  const size = await source.size(file);
  if (size === undefined) throw new Error(`Cannot read ${file}: there is none in ${source.name}`);
  const action = `read ${file} of ${source.name}`;
  if (size > MOST_JSON_BYTES) throw new Error(`Cannot ${action}: ${size} bytes, at most ${MOST_JSON_BYTES}`);
  return { bytes: await source.read(file, 0, size), action };
}

/**
 * Parses UTF-8 JSON that holds an object without repeated keys.
 *
 * @param action what the errors say could not be done
 * @throws with line and column of the first fault
 */
export function parseJsonObject(bytes: Uint8Array, action: string): Record<string, unknown> {
  const value = parse(decode(bytes, action), action);
  if (!isRecord(value)) throw new Error(`Cannot ${action}: expected an object, found ${describe(value)}`);
  return value;
}

function decode(bytes: Uint8Array, action: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error(`Cannot ${action}: its ${bytes.length} bytes are not UTF-8 text`, { cause: error });
  }
}

function parse(text: string, action: string): unknown {
  let problem: string | undefined;
  try {
    const fault = findJsonFault(text);
    if (fault === undefined) return JSON.parse(text);
    problem = `line ${fault.line}, column ${fault.column}: ${fault.problem}`;
  } catch (error) {
    problem = reasonOf(error); // the engine's own limits
  }
  throw new Error(`Cannot ${action}: not valid JSON, ${problem}`);
}
