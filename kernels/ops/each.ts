import { grid } from "../host/grid.ts";
import type { Dispatch } from "../host/kernel.ts";

const LANES = 64;

/** A dispatch that runs WGSL statements for each sequence, or slot, b of B. */
export function each(label: string, B: number, statements: string, sizes: Record<string, number> = {}): Dispatch[] {
  return [{
    label,
    sizes: { B, ...sizes },
    workgroups: grid(Math.ceil(B / LANES)),
    lanes: LANES,
    wgsl: /* wgsl */ `
fn run(group: u32, lane: u32) {
  let b = group * ${LANES} + lane;
  if (b >= sizes.B) { return; }
  ${statements}
}`,
  }];
}
