/**
 * Tensors larger than one binding, as row parts with a buffer each.
 *
 * @module
 */
import { dtypeOf, type HostTensor } from "../../src/op/device.ts";
import {
  type Backend,
  bytesOf,
  type Inputs,
  type Op,
  type Outputs,
  type PartsBackend,
  type Shape,
  spec,
  type Tensor,
} from "../../src/op/op.ts";
import { rowRanges } from "../../src/op/parts.ts";
import { GpuTensor } from "./tensor.ts";

/** Alignment of the rows of a part, if possible: kernels read vectors of columns. */
const ROWS = 64;

/** Rows of each part of a tensor, so that none has more than `most` bytes; a single part if one row has more. */
export function partRows(shape: Shape, most: number): number[] {
  const [rows = 1, ...row] = shape;
  const fit = Math.floor(most / bytesOf(spec(row)));
  if (rows <= fit || fit === 0) return [rows];
  const size = fit < ROWS ? fit : fit - fit % ROWS;
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) => Math.min(size, rows - i * size));
}

/** Splits a host tensor of floats into row parts of at most `most` bytes, if possible; they share its memory. */
export function splitRows({ shape, data }: HostTensor, most: number): HostTensor[] {
  const rows = dtypeOf({ shape, data }) === "i32" ? [] : partRows(shape, most);
  if (rows.length < 2) return [{ shape, data }];
  const width = data.length / shape[0];
  return rowRanges(rows).map(({ from, to }) => ({
    shape: [to - from, ...shape.slice(1)],
    data: data.subarray(from * width, to * width),
  }));
}

/** A tensor of row parts; a single part is returned itself. */
export function joinParts(parts: readonly GpuTensor[]): GpuTensor {
  if (parts.length === 1) return parts[0];
  const [{ shape: [, ...row], dtype, persistent }] = parts;
  return new GpuTensor([parts.reduce((sum, { shape }) => sum + shape[0], 0), ...row], dtype, persistent, parts);
}

/** The tensors with a buffer: whole tensors, and the parts of others. */
export function wholeTensors(tensors: readonly GpuTensor[]): GpuTensor[] {
  return tensors.flatMap((tensor) => tensor.parts ?? [tensor]);
}

/** The error for a tensor that is too large for an action. */
export function tooLarge(action: string, name: string, tensor: Tensor, most: number): RangeError {
  return new RangeError(
    `Cannot ${action}: ${name} [${tensor.shape}] has ${bytesOf(tensor)} bytes, this adapter binds ${most} at most; ` +
      "fewer rows (sequences, or tokens of them) at once need less",
  );
}

/** Whether one of the tensors has row parts. */
export function haveParts(tensors: Readonly<Record<string, GpuTensor | undefined>>): boolean {
  return Object.values(tensors).some((tensor) => tensor?.parts);
}

/**
 * Runs a call with tensors of row parts, or results of them, by the operation's rule; undefined if all tensors are whole.
 *
 * Throws a RangeError if the operation has no rule for such a tensor.
 */
export function runParts<I extends string, O extends string, P>(
  backend: Backend<GpuTensor>,
  op: Op<I, O, P>,
  { inputs, outputs, params }: { inputs: Inputs<I, GpuTensor>; outputs: Outputs<O, Tensor>; params: P },
  most: number,
): Outputs<O, GpuTensor> | undefined {
  const given = Object.entries<GpuTensor | undefined>(inputs).filter(([, tensor]) => tensor?.parts);
  const made = Object.entries<Tensor>(outputs).filter(([, tensor]) => bytesOf(tensor) > most);
  const of = op.parts?.of ?? [];
  if (given.length === 0 && !made.some(([name]) => of.includes(name))) return undefined; // planning refuses the others
  for (const [name, tensor] of [...given, ...made]) {
    if (!of.includes(name)) throw tooLarge(`apply ${op.name}`, name, tensor!, most);
  }
  for (const [name, tensor] of Object.entries<GpuTensor | undefined>(inputs)) { // a result without parts, never planned
    if (tensor && !tensor.parts && tensor.bytes > most) throw tooLarge(`apply ${op.name}`, name, tensor, most);
  }
  const cutting: PartsBackend<GpuTensor> = {
    run: (op, inputs, params) => backend.run(op, inputs, params),
    partsOf: (tensor) => tensor.parts ?? [tensor],
    cut: (shape) => partRows(shape, most),
    join: joinParts,
  };
  return op.parts!.run(cutting, inputs, params, op);
}
