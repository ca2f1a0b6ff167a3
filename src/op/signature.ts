/**
 * Signatures: the shapes and element types of an operation's tensors, as data.
 *
 * A tensor is written as its axes, outermost first, then its element type unless that is `f32`:
 *
 *     "M D"       M rows of width D              "M 2GK"    2·G·K columns
 *     "B+1 i32"   B + 1 whole numbers            "HK+2GK"   a sum of products
 *     "M k? D"    the axis k may be left out     "M ..."    any further axes, the same in all tensors of a call
 *     "1"         one number                     "_+1"     a size that no other tensor shares
 *     "M any"     floats or whole numbers, one type for all tensors of a call that say `any`
 *
 * @module
 */
import { AXES, type AxisName } from "./axes.ts";
import type { DType } from "./tensor.ts";

/** A product of a number and letters. */
export interface Term {
  /** The number. */
  readonly factor: number;
  /** The letters, or `_`. */
  readonly letters: readonly AxisName[];
}

/** One axis of a signature. */
export interface Axis {
  /** As it was written. */
  readonly text: string;
  /** The terms of its sum. */
  readonly terms: readonly Term[];
  /** Whether it may be left out. */
  readonly optional: boolean;
}

/** Shape and element type of a tensor of a signature. */
export interface TensorType {
  /** Axes, outermost first, without `...`. */
  readonly axes: readonly Axis[];
  /** Whether further axes follow. */
  readonly rest: boolean;
  /** Element type; `any` is one type for the whole call. */
  readonly dtype: DType | "any";
}

const DTYPES: readonly string[] = ["f32", "i32", "any"];

function parseTerm(text: string): Term {
  const [, number, letters] = text.match(/^(\d*)([A-Za-z_]*)$/) ?? [];
  const unknown = text === "" ? text : [...letters ?? text].find((letter) => letter !== "_" && !(letter in AXES));
  if (unknown !== undefined) throw new SyntaxError(`Cannot read a signature: "${unknown}" in "${text}" is no axis`);
  return { factor: number === "" ? 1 : Number(number), letters: [...letters] as AxisName[] };
}

function parseAxis(text: string): Axis {
  const sum = text.replace(/\?$/, "");
  return { text: sum, terms: sum.split("+").map(parseTerm), optional: sum !== text };
}

/** Reads a tensor's signature. Throws a SyntaxError for letters that are not in the alphabet. */
export function parseType(text: string): TensorType {
  const words = text.split(" ").filter(Boolean);
  const dtype = DTYPES.includes(words.at(-1)!) ? words.pop() as TensorType["dtype"] : "f32";
  const rest = words.at(-1) === "...";
  return { axes: (rest ? words.slice(0, -1) : words).map(parseAxis), rest, dtype };
}

/** A tensor's axes as they were written, for messages. */
export function describe({ axes, rest }: TensorType): string {
  return `[${[...axes.map(({ text, optional }) => optional ? `${text}?` : text), ...rest ? ["..."] : []]}]`;
}
