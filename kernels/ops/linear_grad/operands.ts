/**
 * Operands of both products: Σ over an inner index of (a number of dy) · (four columns of the other operand).
 *
 * | product     | result row | inner index | other operand | dy is read            |
 * | ----------- | ---------- | ----------- | ------------- | --------------------- |
 * | linearGradX | m          | o           | w             | along the inner index |
 * | linearGradW | o          | live m      | x             | along the result rows |
 *
 * @module
 */
import type { Shape, Tensor } from "../../../src/op/op.ts";
import type { Adapter } from "../../host/adapter.ts";
import { liveRows, rowSizes } from "../../host/grid.ts";
import type { Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";

/** One of the two products. */
export interface Product {
  /** Which of them. */
  readonly name: "linearGradX" | "linearGradW";
  /** dy [M, O]. */
  readonly dy: Tensor;
  /** Row offsets, if any. */
  readonly offsets: Tensor | undefined;
  /** Weight row of column 0 of dy. */
  readonly from: number;
  /** Shape of the result. */
  readonly shape: Shape;
  /** Capabilities of the adapter. */
  readonly adapter: Adapter;
}

/** The fields of a dispatch that {@link operands} makes. */
export type Operands = Required<Pick<Dispatch, "elements" | "sizes" | "workgroups">> & {
  /**
   * WGSL: `innerCount(row)`, terms of a block's sums, zero for rows that are not computed; `aStart(row)` with
   * `aAt(start, i)`, for linearGradX the numbers i … i + 3 of a row of dy (zero past O), for linearGradW row i of dy at
   * four result rows; `bAt(bStart(column), i)`, line i of the other operand at four columns; `finish(row, column,
   * sums)` writes the elements inside the result of four columns of a row. Rows and columns past an edge are computed from
   * other data, not written.
   */
  readonly wgsl: string;
};

/**
 * Access to the operands of a product, and its work groups: blocks of rows × columns, then, where dy does not reach all
 * rows of a weight, blocks of the other rows, which are zero. Four numbers are one vector where a width allows.
 */
export function operands({ name, dy, offsets, from, shape }: Product, rows: number, columns: number): Operands {
  const [M, O] = dy.shape;
  const [all, D] = shape;
  const forX = name === "linearGradX";
  const [other, result] = forX ? ["w", "dx"] : ["x", "dw"];
  const [wholeO, wholeD] = [O % 4 === 0, D % 4 === 0];
  const blocks = Math.ceil((forX ? M : O) / rows);
  const vectors = [...wholeO ? ["dy"] : [], ...wholeD ? [other, result] : []];
  return {
    elements: Object.fromEntries(vectors.map((name) => [name, "vec4<f32>"])),
    sizes: { O, D, first: from, others: blocks * rows, all, ...rowSizes(M, offsets) },
    workgroups: [Math.ceil(D / columns), blocks + (forX ? 0 : Math.ceil((all - O) / rows)), 1],
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${forX ? rowsOfX(wholeO) : rowsOfW(wholeO)}
fn bStart(column: u32) -> u32 { return ${forX ? "sizes.first * sizes.D + " : ""}column; }
fn bAt(start: u32, i: u32) -> vec4<f32> { return ${quad(other, "start + i * sizes.D", wholeD)}; }
${wholeD ? storeWhole(result) : storeBroken(result)}`,
  };
}

/** WGSL: four numbers of `name` from `at` on, a multiple of four where they are kept as vectors. */
function quad(name: string, at: string, whole: boolean): string {
  return whole ? `${name}[(${at}) / 4]` : `vec4(${unroll(4, (k) => `${name}[${at} + ${k}]`, ", ")})`;
}

function rowsOfX(whole: boolean): string {
  const read = quad("dy", "start + i", whole);
  const inside = "vec4(i) + vec4(0u, 1u, 2u, 3u) < vec4(sizes.O)";
  return /* wgsl */ `
fn innerCount(row: u32) -> u32 { return select(sizes.O, 0, row >= liveRows()); }
fn aStart(row: u32) -> u32 { return row * sizes.O; }
fn aAt(start: u32, i: u32) -> vec4<f32> { return ${whole ? read : `select(vec4<f32>(), ${read}, ${inside})`}; }
fn finish(row: u32, column: u32, sums: vec4<f32>) {
  if (row < sizes.M) { store(row, column, sums); }
}`;
}

function rowsOfW(whole: boolean): string {
  return /* wgsl */ `
fn innerCount(row: u32) -> u32 { return select(liveRows(), 0, row >= sizes.O); }
fn aStart(row: u32) -> u32 { return row; }
fn aAt(start: u32, i: u32) -> vec4<f32> { return ${quad("dy", "start + i * sizes.O", whole)}; }
fn finish(row: u32, column: u32, sums: vec4<f32>) {
  if (row < sizes.O) {
    store(sizes.first + row, column, sums);
  } else if (row >= sizes.others) {
    let other = row - sizes.others;
    let place = select(other, other + sizes.O, other >= sizes.first);
    if (place < sizes.all) { store(place, column, sums); }
  }
}`;
}

function storeWhole(result: string): string {
  return /* wgsl */ `
fn store(row: u32, column: u32, sums: vec4<f32>) {
  if (column < sizes.D) { ${result}[(row * sizes.D + column) / 4] = sums; }
}`;
}

function storeBroken(result: string): string {
  return /* wgsl */ `
fn store(row: u32, column: u32, sums: vec4<f32>) {
  for (var d = column; d < min(column + 4, sizes.D); d++) { ${result}[row * sizes.D + d] = sums[d - column]; }
}`;
}
