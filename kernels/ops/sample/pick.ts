import { pickOp } from "../../../src/ops/sample.ts";
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import { defineKernel } from "../../host/kernel.ts";
import { rowLanes } from "../../wgsl/reduce.ts";

/** WGSL: the best of a lane's four columns 4·found + (0, 1, 2, 3), ties to the lower one. */
const ofWord = /* wgsl */ `
  var value = most.x;
  var column = 4 * found.x;
  for (var i = 1u; i < 4; i++) {
    let other = 4 * found[i] + i;
    if (most[i] > value || (most[i] == value && other < column)) {
      value = most[i];
      column = other;
    }
  }`;

/**
 * ids = argmax logits; a work group a row. Every lane keeps the best of the words lane, lane + LANES, …, of equal ones
 * the first; a lane without a word looks at the last one too, so that there is no made-up value to lose against.
 */
export const pick = defineKernel(pickOp, ({ inputs: { logits, offsets }, adapter }) => {
  const [M, V] = logits.shape;
  const vector = V % 4 === 0;
  const W = vector ? V / 4 : V;
  const lanes = rowLanes(adapter, W);
  return [{
    label: "pick",
    constants: { W, LANES: lanes },
    sizes: rowSizes(M, offsets),
    elements: { logits: vector ? "vec4<f32>" : "f32" },
    workgroups: grid(M),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
var<workgroup> values: array<f32, ${lanes}>;
var<workgroup> columns: array<u32, ${lanes}>;
fn run(m: u32, lane: u32) {
  if (m >= liveRows()) { return; }
  let row = m * W;
  let word = min(lane, W - 1);
  var most = logits[row + word];
  var found = ${vector ? "vec4<u32>(word)" : "word"};
  for (var w = lane + LANES; w < W; w += LANES) {
    let candidate = logits[row + w];
    let better = candidate > most;
    most = select(most, candidate, better);
    found = select(found, ${vector ? "vec4<u32>(w)" : "w"}, better);
  }
${vector ? ofWord : "  var value = most;\n  var column = found;"}
  values[lane] = value;
  columns[lane] = column;
  workgroupBarrier();
  for (var half = LANES / 2; half > 0; half /= 2) {
    if (lane < half) {
      let other = lane + half;
      if (values[other] > values[lane] || (values[other] == values[lane] && columns[other] < columns[lane])) {
        values[lane] = values[other];
        columns[lane] = columns[other];
      }
    }
    workgroupBarrier();
  }
  if (lane == 0) { ids[m] = i32(columns[0]); }
}`,
  }];
});
