// Reads safetensors: 8 bytes of header length, a JSON header, then the tensors' bytes, little-endian.
import { BYTES_OF, type Decoder, TO_F32, TO_I32 } from "./dtypes.ts";
import { checkHeader, type Header, HEADER_LIMITS, type TensorEntry } from "./header.ts";
import { MOST_JSON_BYTES, parseJsonObject } from "./json.ts";
import { quote, reasonOf } from "./messages.ts";
import { missingFrom, type Source } from "./source.ts";

/** Progress of reading. */
export interface Progress {
  /** Bytes read so far. */
  readonly loaded: number;
  /** Bytes in total. */
  readonly total: number;
}

/** Options of reading a tensor. */
export interface ReadOptions {
  /** Called as bytes come over a network, and after every piece of at most 16 MiB. */
  readonly onProgress?: (progress: Progress) => void;
}

const PIECE_BYTES = 2 ** 24;

/**
 * Reads and checks the header of a safetensors file.
 *
 * @throws if the file is missing, shorter or longer than its header says, or the header violates the
 * format; nothing beyond the header (at most 100 MB) is read or allocated
 *
 * ```ts
 * import { openSource } from "./open_source.ts";
 * const file = new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 123, 125]); // a header of two bytes: {}
 * const { entries } = await readHeader(openSource({ "a.safetensors": file }), "a.safetensors"); // []
 * ```
 */
export async function readHeader(source: Source, file: string): Promise<Header> {
  if (!await source.has(file)) throw new Error(`Cannot read ${file}: ${missingFrom(source, file)}`);
  const size = await (source.sizeSoFar ?? source.size)(file) ?? Infinity;
  if (size < 8) throw new Error(`Cannot read ${file}: ${size} bytes, a safetensors file has at least 8`);
  const prefix = await source.read(file, 0, 8);
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MOST_JSON_BYTES)) {
    throw new Error(`Cannot read ${file}: its header claims ${length} bytes, at most ${MOST_JSON_BYTES}`);
  }
  const dataStart = 8 + Number(length);
  if (dataStart > size) {
    throw new Error(
      `Cannot read ${file}: its header claims ${length} bytes, the file has ${size - 8} after the length`,
    );
  }
  const bytes = await source.read(file, 8, dataStart);
  if (bytes[0] !== 0x7b) throw new Error(`Cannot read ${file}: its header does not start with "{"`);
  return checkHeader(parseJsonObject(bytes, `read the header of ${file}`, HEADER_LIMITS), file, dataStart, size);
}

/** Throws for a file that does not end with its last tensor; its size was unknown when its header was read. */
export function refuseLonger(file: string, size: number | undefined, end: number): void {
  if (size === end) return;
  throw new Error(`Cannot read ${file}: ${size} bytes, expected ${end}; it has bytes that belong to no tensor`);
}

/**
 * Reads one tensor, flat in row-major order: as float32 weights ("f32": F32, F16, BF16 exactly, F64 rounded to nearest
 * even) or as 32-bit integers ("i32": I32, I16, I8, U16, U8, BOOL, and I64 if every value fits).
 *
 * @throws if the element type cannot be converted, a value does not fit, or the bytes cannot be read or allocated
 *
 * ```ts
 * import { openSource } from "./open_source.ts";
 * import { encodeSafetensors } from "./write.ts";
 * const [file] = encodeSafetensors([{ name: "w", shape: [0], data: new Float32Array(0) }]);
 * const source = openSource({ "a.safetensors": file });
 * const { entries } = await readHeader(source, "a.safetensors");
 * await readTensor(source, entries[0], "f32"); // Float32Array []
 * ```
 */
export async function readTensor(
  source: Source,
  entry: TensorEntry,
  as: "f32",
  options?: ReadOptions,
): Promise<Float32Array<ArrayBuffer>>;
/** Reads one integer tensor as 32-bit integers; see above. */
export async function readTensor(
  source: Source,
  entry: TensorEntry,
  as: "i32",
  options?: ReadOptions,
): Promise<Int32Array<ArrayBuffer>>;
export async function readTensor(
  source: Source,
  entry: TensorEntry,
  as: "f32" | "i32",
  options: ReadOptions = {},
): Promise<Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>> {
  const decode = as === "f32" ? TO_F32[entry.dtype] : TO_I32[entry.dtype];
  if (decode === undefined) {
    const kind = as === "f32" ? "weights" : "32-bit integers";
    throw new Error(
      `Cannot read tensor ${quote(entry.name)} of ${entry.file}: ${entry.dtype} cannot be read as ${kind}`,
    );
  }
  return as === "f32"
    ? await readInto(source, entry, Float32Array, decode as Decoder<Float32Array>, options)
    : await readInto(source, entry, Int32Array, decode as Decoder<Int32Array>, options);
}

async function readInto<Out extends Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(
  source: Source,
  entry: TensorEntry,
  type: new (length: number) => Out,
  decode: Decoder<Out>,
  { onProgress }: ReadOptions,
): Promise<Out> {
  const { start, end, file } = entry;
  const size = BYTES_OF[entry.dtype];
  const action = `read tensor ${quote(entry.name)} of ${file}`;
  const out = allocate(type, (end - start) / size, action);
  for (let at = start; at < end; at += PIECE_BYTES) {
    const to = Math.min(end, at + PIECE_BYTES);
    const bytes = await source.read(file, at, to, (count) => {
      if (at + count < to) onProgress?.({ loaded: at + count - start, total: end - start });
    });
    try {
      decode(bytes, out.subarray((at - start) / size, (to - start) / size) as Out);
    } catch (error) {
      throw new Error(`Cannot ${action}: ${reasonOf(error)}`, { cause: error });
    }
    onProgress?.({ loaded: to - start, total: end - start });
  }
  return out;
}

function allocate<Out>(type: new (length: number) => Out, length: number, action: string): Out {
  try {
    return new type(length);
  } catch (error) {
    throw new Error(`Cannot ${action}: ${length} numbers do not fit in memory`, { cause: error });
  }
}
