/**
 * Fitting the tensors of a call to a signature: every letter has one size.
 *
 * @module
 */
import type { AxisName } from "./axes.ts";
import type { DType, Shape, Tensor } from "./tensor.ts";
import { type Axis, describe, type TensorType } from "./signature.ts";

/** Sizes by letter. */
export type Sizes = Partial<Record<AxisName, number>>;

/** What the parameters and tensors of a call say of its letters. */
export interface Binding {
  /** Sizes of the letters. */
  readonly sizes: Sizes;
  /** Input that gave a letter its size; letters of parameters have none. */
  readonly sources: Partial<Record<AxisName, string>>;
  /** Sizes of the further axes, `...`. */
  rest?: Shape;
  /** The element type of the tensors that say `any`. */
  dtype?: DType;
}

/** An input with its type. */
export interface TypedInput {
  /** Its name. */
  readonly name: string;
  /** Whether it may be absent. */
  readonly optional: boolean;
  /** Its axes and element type. */
  readonly type: TensorType;
}

type Tensors = Readonly<Record<string, Tensor | undefined>>;

/** The size of an axis, or undefined where a letter has none yet. */
function sizeOfAxis({ terms }: Axis, sizes: Sizes): number | undefined {
  let sum = 0;
  for (const { factor, letters } of terms) {
    let product = factor;
    for (const letter of letters) {
      if (sizes[letter] === undefined) return undefined;
      product *= sizes[letter];
    }
    sum += product;
  }
  return sum;
}

/** Solves an axis of this size for the letter that has none: factor·letter + known terms = size. */
function solve({ text, terms }: Axis, size: number, sizes: Sizes): { letter: AxisName; value: number } {
  let left = size, factor = 0, unknown: AxisName | undefined;
  for (const term of terms) {
    const open = term.letters.filter((letter) => sizes[letter] === undefined);
    if (open.length > 1 || unknown && open[0] && open[0] !== unknown) {
      throw new TypeError(`Cannot use a signature: two letters of ${text} have no size`);
    }
    const product = term.letters.reduce((product, letter) => product * (sizes[letter] ?? 1), term.factor);
    if (open.length === 0) left -= product;
    else [unknown, factor] = [open[0], factor + product];
  }
  return { letter: unknown!, value: left / factor };
}

/** Compares an axis with its size; the letter that has none takes it. */
function unify(axis: Axis, size: number, input: string, { sizes, sources }: Binding): boolean {
  const expected = sizeOfAxis(axis, sizes);
  if (expected !== undefined) return expected === size;
  const { letter, value } = solve(axis, size, sizes);
  if (!Number.isInteger(value) || value < 0) return false;
  if (letter as string === "_") return true;
  sizes[letter] = value;
  sources[letter] = input;
  return true;
}

/** The axes that a tensor of this rank has; undefined where there are none such, or its further axes differ. */
function axesOf({ axes, rest }: TensorType, { shape }: Tensor, binding: Binding): readonly Axis[] | undefined {
  const present = shape.length < axes.length ? axes.filter(({ optional }) => !optional) : axes;
  if (!rest) return present.length === shape.length ? present : undefined;
  const further = shape.slice(present.length);
  binding.rest ??= further;
  return present.length <= shape.length && `${further}` === `${binding.rest}` ? present : undefined;
}

/** The one rule about element types: what a tensor has to be where a signature says so. */
function dtypeOf(dtype: TensorType["dtype"], tensor: Tensor, binding: Binding): DType {
  return dtype === "any" ? binding.dtype ??= tensor.dtype : dtype;
}

/** Sizes of all letters of a call; the reason, with names and numbers, where its tensors do not fit. */
export function bind(inputs: readonly TypedInput[], tensors: Tensors, known: Sizes): Binding | string {
  const binding: Binding = { sizes: { ...known }, sources: {} };
  for (const { name, optional, type } of inputs) {
    const tensor = tensors[name];
    if (!tensor && optional) continue;
    if (!tensor) return `${name} is missing, expected ${describe(type)}`;
    const axes = axesOf(type, tensor, binding);
    const wrong = axes?.find((axis, i) => !unify(axis, tensor.shape[i], name, binding));
    if (!axes || wrong) return misfit(name, type, wrong, tensors, binding);
    const dtype = dtypeOf(type.dtype, tensor, binding);
    if (tensor.dtype !== dtype) return `${name} is ${tensor.dtype}, expected ${dtype}`;
  }
  return binding;
}

/** Why a shape does not fit: the letters of the axis that differs, with their sizes and the inputs that gave them. */
function misfit(name: string, type: TensorType, axis: Axis | undefined, tensors: Tensors, binding: Binding): string {
  const { sizes, sources, rest } = binding;
  const letters = new Set(axis?.terms.flatMap(({ letters }) => letters));
  const given = [...letters].filter((letter) => sizes[letter] !== undefined).map((letter) => {
    const source = sources[letter] ? ` as in ${sources[letter]} [${tensors[sources[letter]]!.shape}]` : "";
    return `${letter} = ${sizes[letter]}${source}`;
  });
  if (type.rest && rest && !axis) given.push(`... = ${rest}`);
  const where = given.length > 0 ? ` with ${given.join(", ")}` : "";
  return `${name} has shape [${tensors[name]!.shape}], expected ${describe(type)}${where}`;
}

/** A tensor of a type whose letters have sizes; an optional axis is there where its letters have sizes. */
export function instantiate({ axes, rest, dtype }: TensorType, binding: Binding): Tensor {
  const shape = axes.map((axis) => sizeOfAxis(axis, binding.sizes)).filter((size) => size !== undefined);
  return { shape: rest ? [...shape, ...binding.rest!] : shape, dtype: dtype === "any" ? binding.dtype! : dtype };
}
