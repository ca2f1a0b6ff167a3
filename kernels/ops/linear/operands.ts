/**
 * Operands of all matrix products: reads of four numbers along D, writes of four columns.
 *
 * Sizes are uniforms, not constants: all layers, and all models, share a handful of pipelines.
 *
 * @module
 */
import type { LinearParams } from "../../../src/ops/linear.ts";
import type { NormParams } from "../../../src/ops/norm.ts";
import { liveRows, rowSizes } from "../../host/grid.ts";
import type { Call, Dispatch } from "../../host/kernel.ts";
import { normScale } from "../../wgsl/norm_scale.ts";
import { unroll } from "../../wgsl/text.ts";

/** A call of linear; with a norm and its weight, the rows of x are normalised first. */
export type LinearCall = Call<
  "x" | "w" | "bias?" | "residual?" | "offsets?" | "weight?",
  "y",
  LinearParams & { readonly norm?: NormParams }
>;

/** The fields of a dispatch that {@link operands} makes. */
export type Operands = Required<Pick<Dispatch, "elements" | "sizes" | "floats">> & {
  /**
   * WGSL: `liveRows()`; `xLine(row)` and `wLine(column)` start a line (past the edge: the last one), `xAt(line, step)`
   * and `wAt(line, step)` read its numbers 4·step to 4·step + 3 (zero past D) for step < `sizes.steps`;
   * `weightAt(0, step)` is the norm's weight; `scaleOf(squares, line, 0)` is the factor that normalises a line with
   * this sum of squares; `finish(row, column, sums)` adds bias and residual and writes four columns, from a multiple of
   * 4, as far as y has them.
   */
  readonly wgsl: string;
};

/** Access to the operands of a call: whole vectors where D and O are multiples of four, else number by number. */
export function operands(
  { inputs: { x, weight, bias, residual, offsets }, outputs: { y }, params: { from, norm } }: LinearCall,
): Operands {
  const [M, O] = y.shape;
  const D = x.shape[1];
  const wholeLines = D % 4 === 0;
  const wholeResults = O % 4 === 0;
  const lines = weight ? ["x", "w", "weight"] : ["x", "w"];
  const vectors = [...wholeLines ? lines : [], ...wholeResults ? ["y", ...residual ? ["residual"] : []] : []];
  return {
    elements: Object.fromEntries(vectors.map((name) => [name, "vec4<f32>"])),
    floats: norm ? { EPS: norm.eps } : {},
    sizes: {
      D,
      steps: Math.ceil(D / 4),
      pitch: wholeLines ? D / 4 : D,
      O,
      first: from,
      ...rowSizes(M, offsets),
    },
    wgsl: /* wgsl */ `
${liveRows(offsets)}
fn xLine(row: u32) -> u32 { return min(row, sizes.M - 1) * sizes.pitch; }
fn wLine(column: u32) -> u32 { return (sizes.first + min(column, sizes.O - 1)) * sizes.pitch; }
${lines.map(wholeLines ? wholeLine : brokenLine).join("")}
${norm ? normScale({ word: "vec4<f32>", words: "sizes.steps", columns: "f32(sizes.D)", centered: "xAt(row, w)" }) : ""}
${wholeResults ? wholeResult(!!bias, !!residual) : brokenResult(!!bias, !!residual)}`,
  };
}

function wholeLine(name: string): string {
  return /* wgsl */ `fn ${name}At(line: u32, step: u32) -> vec4<f32> { return ${name}[line + step]; }\n`;
}

function brokenLine(name: string): string {
  return /* wgsl */ `
fn ${name}At(line: u32, step: u32) -> vec4<f32> {
  let at = line + 4 * step;
  let inside = vec4(4 * step) + vec4(0u, 1u, 2u, 3u) < vec4(sizes.D);
  return select(vec4<f32>(), vec4(${unroll(4, (i) => `${name}[at + ${i}]`, ", ")}), inside);
}`;
}

function wholeResult(bias: boolean, residual: boolean): string {
  return /* wgsl */ `
fn finish(row: u32, column: u32, sums: vec4<f32>) {
  if (row >= sizes.M || column >= sizes.O) { return; }
  let at = (row * sizes.O + column) / 4;
  ${bias ? "let b = sizes.first + column;" : ""}
  y[at] = sums${bias ? ` + vec4(${unroll(4, (i) => `bias[b + ${i}]`, ", ")})` : ""}${residual ? " + residual[at]" : ""};
}`;
}

function brokenResult(bias: boolean, residual: boolean): string {
  return /* wgsl */ `
fn finish(row: u32, column: u32, sums: vec4<f32>) {
  if (row >= sizes.M) { return; }
  for (var o = column; o < min(column + 4, sizes.O); o++) {
    let at = row * sizes.O + o;
    y[at] = sums[o - column]${bias ? " + bias[sizes.first + o]" : ""}${residual ? " + residual[at]" : ""};
  }
}`;
}
