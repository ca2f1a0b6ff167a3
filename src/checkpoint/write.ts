// Writes safetensors as a stream of chunks, one chunk in memory at a time.
import { BYTES_OF } from "./dtypes.ts";
import { describePlace, findOverflow } from "./finite.ts";
import { f32ToBf16, f32ToF16 } from "./halves.ts";
import { numberOfElements } from "./header.ts";
import { quote } from "./messages.ts";

/** The element types that can be written; the floating ones from Float32Array, I32 from Int32Array, U8 from Uint8Array. */
export type WrittenDtype = "F32" | "F16" | "BF16" | "I32" | "U8";

/** A tensor to write. */
export interface TensorToWrite {
  /** Its name in the header; any text but `__metadata__`. */
  readonly name: string;
  /** Shape, outermost axis first. */
  readonly shape: readonly number[];
  /** Its numbers, flat in row-major order. */
  readonly data: Float32Array | Int32Array | Uint8Array;
  /** Element type as stored; by default that of `data`: F32, I32 or U8. */
  readonly dtype?: WrittenDtype;
}

type Planned = TensorToWrite & { readonly dtype: WrittenDtype };

const PIECE = 2 ** 20; // numbers per chunk

/**
 * Encodes tensors as one safetensors file, in chunks: first the header, padded to 8 bytes, then the data.
 *
 * Tensors of wider elements come first, otherwise in the given order, so that each starts on its own alignment. F16 and
 * BF16 round to nearest even. Chunks may be views of `data`: it must not change before they are written.
 *
 * @throws before the first chunk, on a name given twice, a shape that does not fit its data, an unsuitable dtype, or a
 * finite number that overflows F16 or BF16
 *
 * ```ts
 * const chunks = encodeSafetensors([{ name: "w", shape: [2], data: new Float32Array([1, 2]) }], { format: "pt" });
 * const size = new Blob([...chunks]).size; // 88: a length of 8, a header of 72, data of 8 bytes
 * ```
 */
export function encodeSafetensors(
  tensors: Iterable<TensorToWrite>,
  metadata?: Readonly<Record<string, string>>,
): Iterable<Uint8Array<ArrayBuffer>> {
  const planned = Array.from(tensors, plan).sort((a, b) => BYTES_OF[b.dtype] - BYTES_OF[a.dtype]);
  const header = encodeHeader(planned, metadata);
  return chunksOf(header, planned);
}

function* chunksOf(header: Uint8Array<ArrayBuffer>, planned: readonly Planned[]): Generator<Uint8Array<ArrayBuffer>> {
  yield header;
  for (const { data, dtype } of planned) {
    for (let at = 0; at < data.length; at += PIECE) yield encodePiece(data.subarray(at, at + PIECE), dtype);
  }
}

function plan(tensor: TensorToWrite): Planned {
  const { name, shape, data } = tensor;
  const natural = data instanceof Float32Array ? "F32" : data instanceof Int32Array ? "I32" : "U8";
  const dtype = tensor.dtype ?? natural;
  const refuse = (reason: string) => new Error(`Cannot write tensor ${quote(name)}: ${reason}`);
  const fits = dtype === natural || natural === "F32" && (dtype === "F16" || dtype === "BF16");
  if (!fits) throw refuse(`${data.constructor.name} cannot be written as ${dtype}`);
  if (name === "__metadata__") throw refuse("the format keeps that name for itself");
  const count = numberOfElements(shape);
  if (count !== data.length) throw refuse(`shape [${shape.join(", ")}] does not fit ${data.length} numbers`);
  if (data instanceof Float32Array && (dtype === "F16" || dtype === "BF16")) {
    const index = findOverflow(data, dtype);
    if (index >= 0) throw refuse(`${describePlace(data, index, shape)} is infinite as ${dtype}`);
  }
  return { ...tensor, dtype };
}

function encodeHeader(planned: readonly Planned[], metadata?: Readonly<Record<string, string>>) {
  const rows: string[] = metadata ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  const names = new Set<string>();
  let at = 0;
  for (const { name, shape, data, dtype } of planned) {
    if (names.has(name)) throw new Error(`Cannot write tensor ${quote(name)}: it is given twice`);
    names.add(name);
    const end = at + data.length * BYTES_OF[dtype];
    rows.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [at, end] })}`);
    at = end;
  }
  const json = new TextEncoder().encode(`{${rows.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

function encodePiece(data: TensorToWrite["data"], dtype: WrittenDtype): Uint8Array<ArrayBuffer> {
  let numbers: ArrayBufferView = data;
  if (data instanceof Float32Array && dtype === "F16") numbers = f32ToF16(data);
  if (data instanceof Float32Array && dtype === "BF16") numbers = f32ToBf16(data);
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return bytes.buffer instanceof ArrayBuffer ? bytes as Uint8Array<ArrayBuffer> : bytes.slice(); // a copy of shared memory
}
