/**
 * Tiles of attention and its derivatives: a lane owns rows (of queries or of keys) in registers, and all lanes of a
 * work group walk over the same rows of the other side, a step of them at a time.
 *
 * `a` holds the operand of the scores (q·scale, or k·scale), `b` that of the second product (dy, or v). A walked row t has
 * units x0, x1 ….
 *
 * @module
 */
import { unroll } from "../../wgsl/text.ts";

/** How a work group divides its tile. */
export interface Tile {
  /** Invocations; with `subgroup` not more than a subgroup has. */
  readonly lanes: number;
  /** Query rows of an invocation. */
  readonly rows: number;
  /** Keys between two changes of the maximum; with `subgroup` as many as lanes, with `workgroup` a divisor of 16. */
  readonly keys: number;
  /** How keys and values reach the lanes. */
  readonly feed: "subgroup" | "workgroup" | "direct";
}

/** A tile, its units (vectors, or numbers where K is no multiple of four), and the addresses of walked rows. */
export interface Shape extends Tile {
  /** Vectors or numbers of a head. */
  readonly units: number;
  /** Their type. */
  readonly element: string;
  /** WGSL: the place of a head of walked row `row` in its buffers. */
  readonly place: (row: string) => string;
  /** WGSL: unit `at` of the factor of `a`, and of that of `b`, if there is one. */
  readonly walked: readonly ((at: string) => string)[];
}

/** Walked rows in work group memory: 32 vectors of both operands come to 16 KB. */
export const STAGED = 16;

/** Walked rows that are loaded together. */
export function staged({ feed, keys }: Tile): number {
  return feed === "workgroup" ? STAGED : keys;
}

/** The declaration of the copy in work group memory, if there is one. */
export function memory({ feed, element, units, walked }: Shape): string {
  return feed === "workgroup" ? `var<workgroup> staged: array<${element}, ${walked.length * STAGED * units}>;` : "";
}

/** Addresses of a step's rows from n on, or their copy to work group memory; rows from `past` on repeat the last one. */
export function stage({ lanes, keys, feed, units, place, walked }: Shape): string {
  const at = (t: string) => place(`u32(min(n + ${t}, past - 1))`);
  if (feed === "subgroup") return `let mine = ${at("i32(lane)")};`;
  if (feed === "direct") return unroll(keys, (t) => `let at${t} = ${at(`${t}`)};`);
  return `workgroupBarrier();
  for (var i = lane; i < ${STAGED * units}; i += ${lanes}) {
    let source = ${at(`i32(i / ${units})`)} + i % ${units};
    ${unroll(walked.length, (operand) => `staged[${operand * STAGED * units} + i] = ${walked[operand]("source")};`)}
  }
  workgroupBarrier();`;
}

/** Walks the staged rows `keys` at a time: k is the first of a step. */
export function steps({ feed, keys }: Tile, body: string): string {
  const loop = feed === "workgroup" ? `for (var k = n; k < min(past, n + ${STAGED}); k += ${keys}) {` : "{ let k = n;";
  return `${loop}\n${body}\n}`;
}

/** Unit u of every row of a step, of one operand, as x0, x1 …: one load a lane, or one a row. */
function fetch(u: number, operand: 0 | 1, { keys, feed, units, walked }: Shape): string {
  const load = walked[operand];
  if (feed === "direct") return unroll(keys, (t) => `let x${t} = ${load(`at${t} + ${u}`)};`, " ");
  if (feed === "subgroup") {
    return `let x = ${load(`mine + ${u}`)}; ${unroll(keys, (t) => `let x${t} = subgroupBroadcast(x, ${t}u);`, " ")}`;
  }
  const at = (t: number) => (operand * STAGED + t) * units + u;
  return unroll(keys, (t) => `let x${t} = staged[u32(k - n) * ${units} + ${at(t)}];`, " ");
}

/** Products of every owned row with every row of the step: s{r}_{t} of the `a` operands, or g{r}_{t} of the `b`. */
export function products(operand: 0 | 1, shape: Shape): string {
  const { rows, keys, units, element } = shape;
  const [own, sum] = operand === 0 ? ["a", "s"] : ["b", "g"];
  const product = (r: number, t: number, u: number) =>
    element === "f32" ? `${own}${r}_${u} * x${t}` : `dot(${own}${r}_${u}, x${t})`;
  const add = (u: number) =>
    unroll(rows, (r) => unroll(keys, (t) => `${sum}${r}_${t} += ${product(r, t, u)};`, " "), " ");
  return `${unroll(rows, (r) => unroll(keys, (t) => `var ${sum}${r}_${t} = 0.0;`, " "), " ")}
${unroll(units, (u) => `{ ${fetch(u, operand, shape)} ${add(u)} }`)}`;
}

/** Adds a step's rows, each times its `factor`{r}_{t}, to the sums `into`{r}_{u} of every owned row, times `kept`{r}. */
export function accumulate(factor: string, operand: 0 | 1, into: string, shape: Shape, kept?: string): string {
  const { rows, keys, units } = shape;
  const old = (r: number, u: number) => kept ? `= ${into}${r}_${u} * ${kept}${r} +` : "+=";
  const terms = (r: number) => unroll(keys, (t) => `${factor}${r}_${t} * x${t}`, " + ");
  const add = (u: number) => unroll(rows, (r) => `${into}${r}_${u} ${old(r, u)} ${terms(r)};`, " ");
  return unroll(units, (u) => `{ ${fetch(u, operand, shape)} ${add(u)} }`);
}
