/**
 * The two usual launches: one invocation for each word of the live rows, and one work group for each live row.
 *
 * @module
 */
import { grid, liveRows, rowSizes } from "../host/grid.ts";
import type { Dispatch } from "../host/kernel.ts";

/** What both launches need besides the fields of a dispatch. */
interface Launch extends Omit<Dispatch, "wgsl" | "lanes" | "workgroups"> {
  /** Rows, live ones and others. */
  readonly rows: number;
  /** Row offsets [B+1], if the number of live rows is known on the device only. */
  readonly offsets: { readonly shape: readonly number[] } | undefined;
  /** Work groups, where these are not as many as the rows or words need. */
  readonly workgroups?: Dispatch["workgroups"];
  /** WGSL: declarations before `run`. */
  readonly functions?: string;
  /** WGSL: the body of `run`. */
  readonly statements: string;
}

/** Invocations of a work group of {@link perWord}. */
const LANES = 64;

/**
 * One invocation for each of the `each` words of every live row, or for every live row. The statements see the number of
 * the word among all (`at`), its row `m`, and its number `w` in the row.
 */
export function perWord(
  { rows, offsets, each, functions = "", statements, ...more }: Launch & { each?: number },
): Dispatch {
  const count = each ?? 1;
  return {
    workgroups: grid(Math.ceil(rows * count / LANES)),
    ...more,
    constants: { ...more.constants, ...(each === undefined ? {} : { EACH: Math.max(1, each) }) },
    sizes: { ...rowSizes(rows, offsets), ...more.sizes },
    lanes: LANES,
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${functions}
fn run(group: u32, lane: u32) {
  let at = group * ${LANES} + lane;
  if (at >= liveRows()${each === undefined ? "" : " * EACH"}) { return; }
  ${each === undefined ? "let m = at;" : "let m = at / EACH;\n  let w = at % EACH;"}
  ${statements}
}`,
  };
}

/** A work group of `lanes` invocations for every live row `m`; all of them run the statements, which see `lane`. */
export function perRow(
  { rows, offsets, lanes, functions = "", statements, ...more }: Launch & { lanes: number },
): Dispatch {
  return {
    workgroups: grid(rows),
    ...more,
    constants: { ...more.constants, LANES: lanes },
    sizes: { ...rowSizes(rows, offsets), ...more.sizes },
    lanes: "LANES",
    wgsl: /* wgsl */ `
${liveRows(offsets)}
${functions}
fn run(m: u32, lane: u32) {
  if (m >= liveRows()) { return; }
  ${statements}
}`,
  };
}
