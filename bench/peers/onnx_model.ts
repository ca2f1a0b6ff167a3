/**
 * ONNX models by hand: the few protobuf messages a graph of float tensors needs (onnx.proto3).
 *
 * @module
 */

/** One field of a protobuf message: number, then a varint, bytes or text, a float, or fields of a nested message. */
type Field = readonly [number: number, value: number | string | Uint8Array | { float: number } | readonly Field[]];

/** A node: operator, inputs, outputs, attributes; operators with a dot are ONNX Runtime's own. */
export interface Node {
  /** Operator type, or `com.microsoft.` and its type. */
  readonly op: string;
  /** Names of tensors; an empty name leaves an optional one out. */
  readonly inputs: readonly string[];
  /** Names of tensors. */
  readonly outputs: readonly string[];
  /** Whole numbers, and floats as `{ float }`. */
  readonly attributes?: Readonly<Record<string, number | { float: number }>>;
}

/** A tensor known when the model is written. */
export interface Constant {
  /** Sizes of the axes. */
  readonly shape: readonly number[];
  /** Floats, or whole numbers (stored as int64). */
  readonly data: Float32Array | BigInt64Array;
}

/** A graph with one float input and one float output. */
export interface Graph {
  /** Nodes in order. */
  readonly nodes: readonly Node[];
  /** Weights and other constants by name. */
  readonly constants: Readonly<Record<string, Constant>>;
  /** Name and shape of the input. */
  readonly input: { readonly name: string; readonly shape: readonly number[] };
  /** Name and shape of the output. */
  readonly output: { readonly name: string; readonly shape: readonly number[] };
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return [...bytes, value];
}

function encode(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts = fields.flatMap(([number, value]) => {
    if (typeof value === "number") return [Uint8Array.from([...varint(number * 8), ...varint(value)])];
    if (typeof value === "object" && "float" in value) {
      return [Uint8Array.from([...varint(number * 8 + 5)]), new Uint8Array(Float32Array.of(value.float).buffer)];
    }
    const bytes = typeof value === "string"
      ? new TextEncoder().encode(value)
      : value instanceof Uint8Array
      ? value
      : encode(value as readonly Field[]);
    return [Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes];
  });
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const FLOAT = 1, INT64 = 7;
const OWN = "com.microsoft.";

function node({ op, inputs, outputs, attributes = {} }: Node): readonly Field[] {
  const own = op.startsWith(OWN);
  return [
    ...inputs.map((name): Field => [1, name]),
    ...outputs.map((name): Field => [2, name]),
    [4, own ? op.slice(OWN.length) : op],
    ...Object.entries(attributes).map(([name, value]): Field => [
      5,
      typeof value === "number" ? [[1, name], [3, value], [20, 2]] : [[1, name], [2, value], [20, 1]],
    ]),
    ...own ? [[7, "com.microsoft"] as const] : [],
  ];
}

function constant([name, { shape, data }]: [string, Constant]): readonly Field[] {
  return [
    ...shape.map((size): Field => [1, size]),
    [2, data instanceof Float32Array ? FLOAT : INT64],
    [8, name],
    [9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
  ];
}

function value({ name, shape }: { name: string; shape: readonly number[] }): readonly Field[] {
  const axes = shape.map((size): Field => [1, [[1, size]]]);
  return [[1, name], [2, [[1, [[1, FLOAT], [2, axes]]]]]];
}

/** The bytes of an .onnx file. */
export function onnxModel({ nodes, constants, input, output }: Graph): Uint8Array<ArrayBuffer> {
  return encode([
    [1, 8],
    [7, [
      ...nodes.map((each): Field => [1, node(each)]),
      [2, "graph"],
      ...Object.entries(constants).map((each): Field => [5, constant(each)]),
      [11, value(input)],
      [12, value(output)],
    ]],
    [8, [[1, ""], [2, 17]]],
    [8, [[1, "com.microsoft"], [2, 1]]],
  ]);
}
