import { pickOp } from "../src/ops/sample.ts";
import { grid, groupIndex, liveRows, rowSizes } from "./grid.ts";
import { defineKernel } from "./kernel.ts";
import { rowLanes } from "./reduce.ts";

/**
 * ids = argmax logits; a work group a row. Every lane keeps the best of the columns lane, lane + LANES, …, of equal ones
 * the first; a lane without a column looks at the last one too, so that there is no made-up value to lose against.
 */
export const pick = defineKernel(pickOp, ({ inputs: { logits, offsets }, adapter }) => {
  const [M, V] = logits.shape;
  return [{
    label: "pick",
    constants: { V, LANES: rowLanes(adapter, V) },
    sizes: rowSizes(M, offsets),
    workgroups: grid(M),
    wgsl: /* wgsl */ `
${groupIndex}
${liveRows(offsets)}
var<workgroup> values: array<f32, ${rowLanes(adapter, V)}>;
var<workgroup> columns: array<u32, ${rowLanes(adapter, V)}>;
@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let m = groupIndex(id, groups);
  if (m >= liveRows()) { return; }
  var column = min(lane, V - 1);
  var value = logits[m * V + column];
  for (var v = lane + LANES; v < V; v += LANES) {
    let candidate = logits[m * V + v];
    let better = candidate > value;
    value = select(value, candidate, better);
    column = select(column, v, better);
  }
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
