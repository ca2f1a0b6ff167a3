// Checks of file names and ranges for all sources.
import { quote } from "./messages.ts";

/**
 * Splits a file name inside a checkpoint into its parts.
 *
 * @throws if it could lead outside: absolute, with `..`, a backslash, a drive or a scheme
 *
 * ```ts
 * partsOf("shards/model-1.safetensors"); // ["shards", "model-1.safetensors"]
 * ```
 */
export function partsOf(file: string): string[] {
  const parts = file.split("/");
  // deno-lint-ignore no-control-regex -- a NUL truncates a path
  const outside = /[\\:\u0000]/.test(file) || parts.some((part) => part === "" || part === "." || part === "..");
  if (outside) throw new Error(`Cannot read ${quote(file)}: not a plain name inside the checkpoint folder`);
  return parts;
}

/**
 * Splits a path at its last separator if it names one file of a checkpoint.
 *
 * ```ts
 * splitFile("models/tiny/model.safetensors"); // ["models/tiny/", "model.safetensors"]
 * ```
 */
export function splitFile(path: string): [folder: string, file: string | undefined] {
  const match = /^(.*[\\/])?([^\\/]+\.(?:safetensors|json))$/is.exec(path);
  return match ? [match[1] ?? "", match[2]] : [path, undefined];
}

/**
 * Decodes the percent-encoding of a part of a URL.
 *
 * @throws if a `%` is not followed by the encoding of a character
 */
export function decodePercents(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new Error(`Cannot open ${quote(text)}: it is not valid percent-encoding`, { cause: error });
  }
}

/**
 * Checks a range of a file against the file's size in bytes.
 *
 * @throws if the file is missing, or the range is not inside it
 */
export function checkRange(name: string, start: number, end: number, size: number | undefined): void {
  if (size === undefined) throw new Error(`Cannot read ${name}: no such file`);
  const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole || start < 0 || end < start || end > size) {
    throw new Error(`Cannot read bytes ${start} to ${end} of ${name}: it has ${size}`);
  }
}
