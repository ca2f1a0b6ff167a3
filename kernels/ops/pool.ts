import type { Pooling } from "../../src/op/kinds.ts";
import { poolOp } from "../../src/ops/pool.ts";
import { grid } from "../host/grid.ts";
import { defineKernel } from "../host/kernel.ts";
import { powerOfTwoWgsl } from "../wgsl/math.ts";
import { maxLanes, MOST_ROUNDS, rowLanes, sumLanes } from "../wgsl/reduce.ts";
import { wordsOf } from "../wgsl/words.ts";

/** How rows become a vector: their sum over a divisor, one of them, or the greatest of each column. */
interface PoolingRule {
  readonly take: "sum" | "first" | "last" | "greatest";
  /** Whether row i counts i + 1 times in the sum. */
  readonly weighted: boolean;
  /** WGSL: what the sum of n ≥ 1 rows is divided by, n a float. */
  readonly divisor: string;
}

/** The rule of each kind. */
export const poolings: Readonly<Record<Pooling, PoolingRule>> = {
  mean: { take: "sum", weighted: false, divisor: "n" },
  first: { take: "first", weighted: false, divisor: "n" },
  last: { take: "last", weighted: false, divisor: "n" },
  max: { take: "greatest", weighted: false, divisor: "n" },
  mean_sqrt_len: { take: "sum", weighted: false, divisor: "sqrt(n)" },
  weighted_mean: { take: "sum", weighted: true, divisor: "(0.5 * n * (n + 1.0))" },
};

/** WGSL: statements that narrow the rows of a non-empty sequence to its first or last one. */
const narrow = { sum: "", greatest: "", first: "count = 1;", last: "first += count - 1; count = 1;" };

/** WGSL: `larger(a, b)`, element by element, NaN if one is NaN, by its bits: compilers may assume that there is none. */
export function largerWgsl(word: string): string {
  const bits = word.replace("f32", "u32");
  return /* wgsl */ `
fn larger(a: ${word}, b: ${word}) -> ${word} {
  return select(a, b, (b > a) | ((bitcast<${bits}>(b) & ${bits}(0x7fffffffu)) > ${bits}(0x7f800000u)));
}`;
}

/** WGSL: the vector of a sequence's rows in the column of words w. */
function vectorOf(kind: Pooling, word: string): string {
  const row = "x[m * W + w]";
  const { take, weighted, divisor } = poolings[kind];
  if (take === "greatest") {
    return `
    var value = ${word}();
    if (count > 0) { value = x[first * W + w]; }
    for (var m = first; m < first + count; m++) { value = larger(value, ${row}); }`;
  }
  const weight = weighted ? "f32(m - first + 1) * " : "";
  return `
    var value = ${word}();
    for (var m = first; m < first + count; m++) { value += ${weight}${row}; }
    let over = abs(value) > ${word}(3e38);
    value /= ${divisor};
    if (any(over)) { // the sum is beyond float32, its mean is not
      var small = ${word}();
      for (var m = first; m < first + count; m++) { small += ${weight}(0x1p-40f * ${row}); }
      value = select(value, small / (0x1p-40f * ${divisor}), over);
    }`;
}

/** y[b] = pool of the rows of b; a work group a sequence, every lane its own columns. */
export const pool = defineKernel(poolOp, ({ inputs: { x }, outputs: { y }, params: { kind, normalize }, adapter }) => {
  const [B, D] = y.shape;
  const { W, word, max, dot } = wordsOf(D);
  const rounds = Math.ceil(W / rowLanes(adapter, W)) * x.shape[0];
  const lanes = rounds > MOST_ROUNDS ? 256 : rowLanes(adapter, W);
  const unit = /* wgsl */ `
  let power = powerOfTwo(maxLanes(lane, ${max("most")}));
  var squares = 0.0;
  for (var w = lane; w < W; w += LANES) {
    let value = y[b * W + w] * power;
    squares += ${dot("value", "value")};
  }
  let square = sumLanes(lane, squares);
  let scale = select(0.0, inverseSqrt(square), square > 0.0);
  for (var w = lane; w < W; w += LANES) { y[b * W + w] = y[b * W + w] * power * scale; }`;
  return [{
    label: `pool.${kind}`,
    constants: { W, LANES: lanes },
    sizes: { B, M: x.shape[0] },
    elements: { x: word, y: word },
    workgroups: grid(D === 0 ? 0 : B),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${sumLanes(lanes)}
${maxLanes(lanes)}
${powerOfTwoWgsl}
${largerWgsl(word)}
fn run(b: u32, lane: u32) {
  if (b >= sizes.B) { return; }
  var first = u32(offsets[b]);
  var count = u32(offsets[b + 1]) - first;
  if (count > 0) { ${narrow[poolings[kind].take]} }
  let n = f32(max(count, 1u));
  var most = ${word}();
  for (var w = lane; w < W; w += LANES) {
    ${vectorOf(kind, word)}
    most = max(most, abs(value));
    y[b * W + w] = value;
  }
  ${normalize ? unit : ""}
}`,
  }];
});
