import { DRAW_SALT, sampleOp } from "../../src/ops/sample.ts";
import type { Adapter } from "../adapter.ts";
import { grid, liveRows, rowSizes } from "../grid.ts";
import { defineKernel } from "../kernel.ts";
import { randomWgsl } from "../random.ts";
import { maxLanes, sumLanes, sumVectors } from "../reduce.ts";
import { cut, rowOf } from "./cut.ts";

/** Invocations that share a row: few of a CPU adapter, unless its loops, twenty times over the row, would be cut short. */
function lanesFor({ family }: Adapter, V: number): number {
  if (family === "cpu") return V > 8192 ? 64 : 8;
  return V > 1024 ? 256 : 64;
}

/**
 * WGSL: the id at which the running sum of weights exceeds u times all of them. Every lane has added up its share of
 * neighbouring ids; the first lane finds the share, then the id in it.
 */
const draw = /* wgsl */ `
fn draw(row: Row, lowest: u32, u: f32, lane: u32) -> u32 {
  let size = (sizes.V + LANES - 1) / LANES;
  var own = 0.0;
  for (var v = lane * size; v < min(lane * size + size, sizes.V); v++) {
    let z = penalised(row, v);
    if (key(z) >= lowest) { own += weight(row, z); }
  }
  shares[lane] = own;
  workgroupBarrier();
  var id = 0u;
  if (lane == 0) {
    var total = 0.0;
    for (var i = 0u; i < LANES; i++) { total += shares[i]; }
    var sum = 0.0; // of the shares before the owner's
    var owner = 0u;
    var after = 0.0;
    for (var i = 0u; i < LANES && (i == 0 || after <= u * total); i++) {
      if (shares[i] > 0.0) {
        owner = i;
        sum = after;
        after += shares[i];
      }
    }
    for (var v = owner * size; v < min(owner * size + size, sizes.V) && sum <= u * total; v++) {
      let z = penalised(row, v);
      if (key(z) >= lowest) {
        id = v;
        sum += weight(row, z);
      }
    }
  }
  return id;
}`;

/** One work group a row: the filters become a least key, see {@link cut}; then one number is drawn. */
export const sample = defineKernel(sampleOp, ({ inputs: { logits, seen, offsets }, adapter }) => {
  const [B, V] = logits.shape;
  const lanes = lanesFor(adapter, V);
  return [{
    label: "sample",
    constants: { LANES: lanes },
    sizes: { ...rowSizes(B, offsets), V }, // of run time: a shader for all vocabularies
    workgroups: grid(B),
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${randomWgsl}
${maxLanes(lanes)}
${sumLanes(lanes)}
${sumVectors(lanes)}
var<workgroup> shares: array<f32, ${lanes}>;
${rowOf(seen !== undefined)}
${cut}
${draw}
fn run(b: u32, lane: u32) {
  if (b >= liveRows()) { return; }
  let temperature = options[5 * b];
  let topK = options[5 * b + 1];
  let topP = options[5 * b + 2];
  let minP = options[5 * b + 3];
  var row = Row(b * sizes.V, 0.0, 0.0, options[5 * b + 4]);
  if (temperature > 0.0) { row.scale = 1.0 / temperature; }
  var most = logits[row.start + min(lane, sizes.V - 1)];
  var greatest = penalised(row, min(lane, sizes.V - 1));
  for (var v = lane; v < sizes.V; v += LANES) {
    most = max(most, logits[row.start + v]);
    greatest = max(greatest, penalised(row, v));
  }
  most = maxLanes(lane, most);
  row.top = maxLanes(lane, greatest);
  var terms = 0.0;
  for (var v = lane; v < sizes.V; v += LANES) { terms += exp(max(logits[row.start + v] - most, -87.2)); }
  let sum = sumLanes(lane, terms);
  let highest = key(row.top);
  var lowest = select(0u, highest, temperature == 0.0);
  if (topK > 0.0) { lowest = max(lowest, cut(row, lowest, highest, topK, true, lane)); }
  if (minP > 0.0) { lowest = max(lowest, key(row.top + min(temperature * log(minP), 0.0))); }
  if (topP < 1.0) {
    var remaining = 0.0;
    for (var v = lane; v < sizes.V; v += LANES) {
      let z = penalised(row, v);
      remaining += select(0.0, weight(row, z), key(z) >= lowest);
    }
    lowest = cut(row, lowest, highest, topP * sumLanes(lane, remaining), false, lane);
  }
  let u = uniformAt(seeds[b], ${DRAW_SALT}u, vec4<u32>(bitcast<u32>(counters[b]))).x;
  let id = draw(row, lowest, select(0.0, u, temperature > 0.0), lane);
  if (lane == 0) {
    ids[b] = i32(id);
    logProbs[b] = logits[row.start + id] - most - log(sum);
  }
}`,
  }];
});
