/**
 * Sums of outer products: a tile of an expert's matrix in registers, while the slots (row, choice) that chose it pass by.
 *
 * Every invocation looks through all slots, so that sums have an order and nothing is added atomically. Software adapters end
 * an invocation's loops after 65,535 turns: more slots than {@link MOST} take further dispatches, which add to the first.
 *
 * @module
 */
import type { Adapter } from "../adapter.ts";
import { grid, liveRows, rowSizes } from "../grid.ts";
import type { Call, Dispatch } from "../kernel.ts";
import { unroll } from "../linear/operands.ts";
import type { Scale } from "../../src/ops/experts_grad.ts";

/** A call of expertOuter. */
export type OuterCall = Call<"x" | "y" | "experts" | "offsets?", "out", Scale & { readonly E: number }>;

/** Slots of a dispatch. */
const MOST = 32768;

/** Words of x and of y whose products one invocation owns. */
interface Tile {
  readonly x: number;
  readonly y: number;
}

/** Large tiles where loads cost most; small ones where invocations must fill the machine. The wider side is along the lanes. */
function tileOf({ family }: Adapter, vector: boolean, wideY: boolean): Tile {
  const [wide, narrow] = family === "gpu" ? [1, 1] : vector ? [2, 4] : [4, 4];
  return wideY ? { x: narrow, y: wide } : { x: wide, y: narrow };
}

/** out[e] = scale·Σ x[m, j]·y[m, j]ᵀ over the live slots that chose e. */
export function outer(call: OuterCall): Dispatch[] {
  const { inputs: { x, y, experts, offsets }, outputs: { out }, params: { scale }, adapter } = call;
  const [M, k] = experts.shape;
  const [E, P, Q] = out.shape;
  const vector = P % 4 === 0 && Q % 4 === 0;
  const [width, word] = vector ? [4, "vec4<f32>"] : [1, "f32"];
  const [XW, YW] = [P / width, Q / width];
  const tile = tileOf(adapter, vector, Q > P);
  const [XT, YT] = [Math.ceil(XW / tile.x), Math.ceil(YW / tile.y)];
  const lanes = adapter.family === "cpu" ? 8 : 64;
  const groups = Math.ceil(XT * YT / lanes);
  const rowOf = ({ shape }: { readonly shape: readonly number[] }) => shape.length === 2 ? "slot / TOP" : "slot";
  const chunks = Math.max(1, Math.ceil(M * k / MOST));
  return Array.from({ length: chunks }, (_, chunk) => ({
    label: `expertOuter ${tile.x * width}×${tile.y * width}`,
    constants: { E, XW, YW, XT, YT, GROUPS: groups, TOP: k, LANES: lanes },
    floats: { SCALE: scale },
    sizes: { ...rowSizes(M, offsets), FIRST: chunk * MOST },
    elements: { x: word, y: word, out: word },
    workgroups: grid(E * groups),
    lanes: "LANES",
    wgsl:
      body({ tile, vector, position: Q > P ? "at / YT, at % YT" : "at % XT, at / XT", rowOf: [rowOf(x), rowOf(y)] }) +
      liveRows(offsets),
  }));
}

/** WGSL of a tile: `position` are its coordinates among the tiles, `rowOf` the rows of x and y that belong to a slot. */
function body(
  { tile, vector, position, rowOf }: { tile: Tile; vector: boolean; position: string; rowOf: [string, string] },
): string {
  const word = vector ? "vec4<f32>" : "f32";
  const parts = vector ? [0, 1, 2, 3] : [0]; // numbers of a word of x, each of which has a row of `out`
  const each = (piece: (i: number, part: number, j: number) => string) =>
    unroll(tile.x, (i) => parts.map((part) => unroll(tile.y, (j) => piece(i, part, j), " ")).join("\n"));
  const number = (i: number, part: number) => vector ? `x${i}[${part}]` : `x${i}`;
  return /* wgsl */ `
fn run(group: u32, lane: u32) {
  let e = group / GROUPS;
  let at = group % GROUPS * LANES + lane;
  let tile = vec2<u32>(${position}) * vec2<u32>(${tile.x}u, ${tile.y}u);
  if (tile.x >= XW || tile.y >= YW || e >= E) { return; }
${unroll(tile.x, (i) => `  let column${i} = min(tile.x + ${i}u, XW - 1u);`)}
${unroll(tile.y, (j) => `  let word${j} = min(tile.y + ${j}u, YW - 1u);`)}
${each((i, part, j) => `var sum${i}_${part}_${j} = ${word}();`)}
  let end = min(sizes.FIRST + ${MOST}u, liveRows() * TOP);
  for (var slot = sizes.FIRST; slot < end; slot++) {
    if (experts[slot] != i32(e)) { continue; }
    let xRow = (${rowOf[0]}) * XW;
    let yRow = (${rowOf[1]}) * YW;
${unroll(tile.x, (i) => `    let x${i} = x[xRow + column${i}];`)}
${unroll(tile.y, (j) => `    let y${j} = y[yRow + word${j}];`)}
${each((i, part, j) => `sum${i}_${part}_${j} += ${number(i, part)} * y${j};`)}
  }
${each((i, part, j) => `finish(e, tile + vec2<u32>(${i}u, ${j}u), ${part}u, SCALE * sum${i}_${part}_${j});`)}
}
fn finish(e: u32, at: vec2<u32>, part: u32, sum: ${word}) {
  if (at.x >= XW || at.y >= YW) { return; }
  let to = ((e * XW + at.x) * ${parts.length}u + part) * YW + at.y;
  if (sizes.FIRST == 0u) { out[to] = sum; } else { out[to] += sum; }
}
`;
}
