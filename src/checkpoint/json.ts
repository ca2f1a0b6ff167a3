// Reads JSON files and headers with limits on size and depth.
import { FILE_LIMITS, findJsonFault, type JsonLimits } from "./json_fault.ts";
import { describe, isRecord, reasonOf } from "./messages.ts";
import { missingFrom, type Source } from "./source.ts";

/** Maximum size of tensor headers, tokenizers and shard indices in bytes. */
export const MOST_JSON_BYTES = 100_000_000;

/** Maximum size of any other JSON file in bytes, such as `config.json`. */
const MOST_CONFIG_BYTES = 16_000_000;

/** Maximum size of a JSON file in bytes, by its name. */
export function mostJsonBytes(file: string): number {
  return /(?:^|\/)tokenizer\.json$|\.index\.json$/.test(file) ? MOST_JSON_BYTES : MOST_CONFIG_BYTES;
}

/**
 * Reads a JSON file, such as `config.json`, that holds an object.
 *
 * @throws if the file is missing, above 16 MB (100 MB for `tokenizer.json` and `*.index.json`), not UTF-8, not JSON (with
 * line and column), repeats a key, passes a limit of {@link JsonLimits}, or holds something other than an object
 *
 * ```ts
 * import { openSource } from "./open_source.ts";
 * const source = openSource({ "config.json": new TextEncoder().encode('{"hidden_size": 8}') });
 * const config = await readJson(source, "config.json"); // { hidden_size: 8 }
 * ```
 */
export async function readJson(
  source: Source,
  file = "config.json",
  limits?: JsonLimits,
): Promise<Record<string, unknown>> {
  const { bytes, action } = await readBytes(source, file);
  return parseJsonObject(bytes, action, limits);
}

/** Reads a JSON file that holds a list. Throws as {@link readJson} does. */
export async function readJsonList(source: Source, file: string): Promise<unknown[]> {
  const { bytes, action } = await readBytes(source, file);
  const value = parse(decode(bytes, action), action, FILE_LIMITS);
  if (!Array.isArray(value)) throw new Error(`Cannot ${action}: expected a list, found ${describe(value)}`);
  return value;
}

async function readBytes(source: Source, file: string): Promise<{ bytes: Uint8Array; action: string }> {
  const size = await source.size(file);
  if (size === undefined) throw new Error(`Cannot read ${file}: ${missingFrom(source, file)}`);
  const action = `read ${file} of ${source.name}`;
  const most = mostJsonBytes(file);
  if (size > most) throw new Error(`Cannot ${action}: ${size} bytes, at most ${most}`);
  return { bytes: await source.read(file, 0, size), action };
}

/**
 * Parses UTF-8 JSON that holds an object without repeated keys.
 *
 * @param action action of the error message
 * @throws with line and column of the first fault, or of the first value past the limits
 */
export function parseJsonObject(
  bytes: Uint8Array,
  action: string,
  limits: JsonLimits = FILE_LIMITS,
): Record<string, unknown> {
  const value = parse(decode(bytes, action), action, limits);
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

function parse(text: string, action: string, limits: JsonLimits): unknown {
  let problem: string | undefined;
  try {
    const fault = findJsonFault(text, limits);
    if (fault === undefined) return JSON.parse(text);
    const { line, column, problem: found, limited } = fault;
    problem = `${limited ? "" : "not valid JSON, "}line ${line}, column ${column}: ${found}`;
  } catch (error) {
    problem = reasonOf(error); // a limit of the JavaScript engine
  }
  throw new Error(`Cannot ${action}: ${problem}`);
}
