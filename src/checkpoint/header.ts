// The header of a safetensors file, fully checked before anything is allocated from it.
import { BYTES_OF, type Dtype } from "./dtypes.ts";
import type { JsonLimits } from "./json_fault.ts";
import { describe, isRecord, listNames, quote } from "./messages.ts";

/** Position and storage of one tensor. */
export interface TensorEntry {
  /** Its name in the header. */
  readonly name: string;
  /** Element type as stored. */
  readonly dtype: Dtype;
  /** Shape, outermost axis first; empty for a scalar. */
  readonly shape: readonly number[];
  /** The file it is in. */
  readonly file: string;
  /** Its first byte, counted from the start of the file. */
  readonly start: number;
  /** The byte after its last, counted from the start of the file. */
  readonly end: number;
}

/** Maximum number of tensors of a checkpoint, 2¹⁸. */
export const MOST_TENSORS = 262_144;

/** Limits of a header: 8 values for each tensor. */
export const HEADER_LIMITS: JsonLimits = { values: 8 * MOST_TENSORS, keys: MOST_TENSORS };

/** Maximum length of a tensor's name in UTF-16 units. */
const LONGEST_NAME = 1024;

/** A checked header. */
export interface Header {
  /** The tensors, in the order of their bytes. */
  readonly entries: readonly TensorEntry[];
  /** The texts of `__metadata__`, by key; empty if there is none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Size of the file in bytes. */
  readonly ends: number;
}

/**
 * Checks the parsed JSON of a header: names of at most 1024 characters, known element types, whole
 * sizes with a safe product, and byte ranges. Ranges fit type and shape, and cover the data from `dataStart` to `fileSize`
 * without overlap or hole; a `fileSize` of Infinity is not known yet.
 *
 * @throws naming the file, the tensor and the numbers that disagree
 */
export function checkHeader(json: Record<string, unknown>, file: string, dataStart: number, fileSize: number): Header {
  const entries: TensorEntry[] = [];
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") continue;
    entries.push(checkEntry(name, value, file, dataStart));
  }
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  checkCover(entries, file, dataStart, fileSize);
  return { entries, metadata: checkMetadata(json, file), ends: entries.at(-1)?.end ?? dataStart };
}

/**
 * Multiplies the sizes of a shape; undefined if a size is not a whole number ≥ 0 or the product is not exact.
 *
 * ```ts
 * numberOfElements([2, 3]); // 6
 * numberOfElements([]); // 1
 * ```
 */
export function numberOfElements(shape: readonly unknown[]): number | undefined {
  let product = 1;
  let isEmpty = false;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || (size as number) < 0) return undefined;
    if (size === 0) isEmpty = true;
    else product *= size as number; // sizes beside a zero count too, so that the result does not depend on their order
    if (!Number.isSafeInteger(product)) return undefined;
  }
  return isEmpty ? 0 : product;
}

function checkEntry(name: string, value: unknown, file: string, dataStart: number): TensorEntry {
  const refuse = (reason: string) => new Error(`Cannot read ${file}: tensor ${quote(name)} ${reason}`);
  if (name.length > LONGEST_NAME) throw refuse(`has a name of ${name.length} characters, at most ${LONGEST_NAME}`);
  if (!isRecord(value)) throw refuse(`is ${describe(value)}, expected an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES_OF, dtype)) {
    throw refuse(`has dtype ${describe(dtype)}, expected one of ${Object.keys(BYTES_OF).join(", ")}`);
  }
  if (!Array.isArray(shape)) throw refuse(`has ${describe(shape)} as its shape, expected an array of sizes`);
  const count = numberOfElements(shape);
  if (count === undefined) throw refuse(`has shape ${few(shape)}, expected whole sizes with a product below 2^53`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every((at) => Number.isSafeInteger(at) && at >= 0)) {
    throw refuse(
      `has data_offsets ${Array.isArray(offsets) ? few(offsets) : describe(offsets)}, expected [start, end]`,
    );
  }
  const [start, end] = offsets;
  const bytes = count * BYTES_OF[dtype as Dtype];
  if (end - start !== bytes) {
    throw refuse(`has bytes ${start} to ${end}, but ${dtype} of shape ${few(shape)} takes ${bytes} bytes`);
  }
  return { name, dtype: dtype as Dtype, shape, file, start: dataStart + start, end: dataStart + end };
}

function checkCover(entries: readonly TensorEntry[], file: string, dataStart: number, fileSize: number): void {
  let covered = dataStart;
  let last = "the header";
  for (const { name, start, end } of entries) {
    const where = `tensor ${quote(name)} starts at byte ${start - dataStart} of the data, ${last} ends at`;
    if (start < covered) throw new Error(`Cannot read ${file}: ${where} ${covered - dataStart}, they overlap`);
    if (start > covered) throw new Error(`Cannot read ${file}: ${where} ${covered - dataStart}, leaving a hole`);
    covered = end;
    last = quote(name);
  }
  if (covered === fileSize || fileSize === Infinity) return;
  const trouble = covered > fileSize ? "it is cut short" : "it has bytes that belong to no tensor";
  throw new Error(`Cannot read ${file}: ${fileSize} bytes, expected ${covered}; ${trouble}`);
}

function checkMetadata(json: Record<string, unknown>, file: string): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null); // so that "__proto__" is an ordinary key
  const given = json.__metadata__ === undefined ? {} : json.__metadata__;
  if (!isRecord(given)) throw new Error(`Cannot read ${file}: __metadata__ is ${describe(given)}, expected an object`);
  const wrong = Object.keys(given).filter((key) => typeof given[key] !== "string");
  if (wrong.length > 0) throw new Error(`Cannot read ${file}: __metadata__ ${listNames(wrong)} not a string`);
  for (const [key, value] of Object.entries(given)) metadata[key] = value as string;
  return metadata;
}

function few(values: readonly unknown[]): string {
  return `[${values.slice(0, 8).map(describe).join(", ")}${values.length > 8 ? ", …" : ""}]`;
}
