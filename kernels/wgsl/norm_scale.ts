/**
 * The scale of a norm, for rows of numbers of any size.
 *
 * @module
 */
import type { NormKind } from "../../src/op/kinds.ts";

/** Bounds of the mean square, as bits: below 2⁻⁸⁰ squares may have underflowed, above 2¹²⁰ overflowed. */
const [LEAST, MOST] = ["0x17800000u", "0x7b800000u"];

/** How a row is read. */
export interface NormedRow {
  /** Type of a word of the row. */
  readonly word: "f32" | "vec4<f32>";
  /** Words of a row. */
  readonly words: string;
  /** Numbers of a row, as a float. */
  readonly columns: string;
  /** Word w of the row at `row` less its `mean`. */
  readonly centered: string;
}

/**
 * WGSL: `scaleOf(squares, row, mean)`, 1/√(squares/columns + EPS) as a product of two factors, the first a power of two.
 *
 * Where squares have underflowed or overflowed, they are summed again over the row times 2⁷⁰ or 2⁻⁷⁰, by every invocation for
 * itself, which needs no barrier.
 */
export function normScale({ word, words, columns, centered }: NormedRow): string {
  return /* wgsl */ `
fn scaleOf(squares: f32, row: u32, mean: f32) -> vec2<f32> {
  let whole = squares / ${columns} + EPS;
  let bits = bitcast<u32>(whole);
  if (bits >= ${LEAST} && bits < ${MOST}) { return vec2<f32>(1.0, inverseSqrt(whole)); }
  let power = select(f32(${2 ** 70}), f32(${2 ** -70}), bits >= ${MOST});
  var sum = 0.0;
  for (var w = 0u; w < ${words}; w++) {
    let c = ${centered} * power;
    sum += ${word === "f32" ? "c * c" : "dot(c, c)"};
  }
  return vec2<f32>(power, inverseSqrt(sum / ${columns} + (EPS * power) * power));
}`;
}

/** Whether the mean of a row is subtracted from it. */
export const centers: Readonly<Record<NormKind, boolean>> = { rms: false, layer: true };

/** {@link normScale} of rows of `x` of W words and D numbers, less their mean for LayerNorm. */
export function rowScale(word: NormedRow["word"], layer: boolean): string {
  const centered = layer ? "(x[row + w] - mean)" : "x[row + w]";
  return normScale({ word, words: "W", columns: "f32(D)", centered });
}
