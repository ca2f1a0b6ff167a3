/**
 * Sums of outer products: a tile of an expert's matrix in registers, to which the slots (row, choice) that chose it are
 * added.
 *
 * Every invocation scans all slots, so that sums have a fixed order without atomics. Software adapters end
 * an invocation's loops after 65,535 turns: more slots than {@link MOST} take further dispatches, which add to the first.
 *
 * @module
 */
import type { Shape } from "../../../src/op/op.ts";
import type { Scale } from "../../../src/ops/experts_grad.ts";
import { broadcasts, lanesOf } from "../../host/adapter.ts";
import { grid, liveRows, rowSizes } from "../../host/grid.ts";
import type { Call, Dispatch } from "../../host/kernel.ts";
import { unroll } from "../../wgsl/text.ts";

/** A call of expertOuter. */
export type OuterCall = Call<"x" | "y" | "experts" | "offsets?", "out", Scale & { readonly E: number }>;

/** Slots of a dispatch. */
const MOST = 32768;

/** One side of the product. */
interface Side {
  /** Which one. */
  readonly name: "x" | "y";
  /** Words of it that an invocation owns. */
  readonly words: number;
  /** WGSL: its row that belongs to a slot. */
  readonly row: string;
}

/** How an expert's matrix is split: the wider side along the lanes, which all have the same words of the narrow side. */
interface Plan {
  readonly wide: Side;
  readonly narrow: Side;
  /** Whether words are vectors of four. */
  readonly vector: boolean;
  /** Whether each lane loads a word of the narrow side and broadcasts it. */
  readonly shared: boolean;
}

/** Large tiles on software adapters, where loads dominate; small ones on GPUs, which need many invocations. */
function plan({ inputs: { x, y }, outputs: { out }, adapter }: OuterCall): Plan {
  const [, P, Q] = out.shape;
  const vector = P % 4 === 0 && Q % 4 === 0;
  const [wide, narrow] = adapter.family === "gpu" ? [1, 1] : vector ? [2, 4] : [4, 4];
  const row = ({ shape }: { readonly shape: Shape }) => shape.length === 2 ? "slot / TOP" : "slot";
  const side = (name: "x" | "y", words: number): Side => ({ name, words, row: row(name === "x" ? x : y) });
  const shared = broadcasts(adapter);
  return Q > P
    ? { wide: side("y", wide), narrow: side("x", narrow), vector, shared }
    : { wide: side("x", wide), narrow: side("y", narrow), vector, shared };
}

/** out[e] = scale·Σ x[m, j]·y[m, j]ᵀ over the live slots that chose e. */
export function outer(call: OuterCall): Dispatch[] {
  const { inputs: { experts, offsets }, outputs: { out }, params: { scale }, adapter } = call;
  const [M, k] = experts.shape;
  const [E, P, Q] = out.shape;
  const planned = plan(call);
  const { wide, narrow, vector, shared } = planned;
  const [width, word] = vector ? [4, "vec4<f32>"] : [1, "f32"];
  const words = { x: P / width, y: Q / width };
  const lanes = lanesOf(adapter);
  const across = Math.ceil(words[wide.name] / (lanes * wide.words));
  const down = Math.ceil(words[narrow.name] / narrow.words);
  const chunks = Math.max(1, Math.ceil(M * k / MOST));
  return Array.from({ length: chunks }, (_, chunk) => ({
    label: `expertOuter ${wide.words * width}×${narrow.words * width}${shared ? " subgroups" : ""}`,
    constants: { E, XW: words.x, YW: words.y, ACROSS: across, DOWN: down, TOP: k, LANES: lanes },
    floats: { SCALE: scale },
    sizes: { ...rowSizes(M, offsets), FIRST: chunk * MOST },
    elements: { x: word, y: word, out: word },
    enable: shared ? ["subgroups"] : [],
    workgroups: grid(E * across * down),
    lanes: "LANES",
    wgsl: body(planned) + liveRows(offsets),
  }));
}

/** WGSL of a tile. */
function body({ wide, narrow, vector, shared }: Plan): string {
  const word = vector ? "vec4<f32>" : "f32";
  const parts = vector ? [0, 1, 2, 3] : [0]; // numbers of a word of x, each of which has a row of `out`
  const words = { [wide.name]: wide.words, [narrow.name]: narrow.words };
  const each = (piece: (i: number, part: number, j: number) => string) =>
    unroll(words.x, (i) => parts.map((part) => unroll(words.y, (j) => piece(i, part, j), " ")).join("\n"));
  const number = (i: number, part: number) => vector ? `x${i}[${part}]` : `x${i}`;
  const [count, other] = [`${wide.name.toUpperCase()}W`, `${narrow.name.toUpperCase()}W`];
  const read = ({ name, words }: Side) =>
    unroll(words, (i) => `    let ${name}${i} = ${name}[${name}Row + ${name}At${i}];`);
  const handed = `    let ours = ${narrow.name}[${narrow.name}Row + oursAt];\n` +
    unroll(narrow.words, (j) => `    let ${narrow.name}${j} = subgroupBroadcast(ours, ${j}u);`);
  return /* wgsl */ `
fn run(group: u32, lane: u32) {
  let e = group / (ACROSS * DOWN);
  if (e >= E) { return; }
  let ${wide.name}From = (group % ACROSS * LANES + lane) * ${wide.words}u;
  let ${narrow.name}From = group / ACROSS % DOWN * ${narrow.words}u;
${unroll(wide.words, (i) => `  let ${wide.name}At${i} = min(${wide.name}From + ${i}u, ${count} - 1u);`)}
${unroll(narrow.words, (i) => `  let ${narrow.name}At${i} = min(${narrow.name}From + ${i}u, ${other} - 1u);`)}
  let oursAt = min(${narrow.name}From + lane % ${narrow.words}u, ${other} - 1u);
${each((i, part, j) => `var sum${i}_${part}_${j} = ${word}();`)}
  let end = min(sizes.FIRST + ${MOST}u, liveRows() * TOP);
  for (var slot = sizes.FIRST; slot < end; slot++) {
    if (experts[slot] != i32(e)) { continue; }
    let xRow = (${(wide.name === "x" ? wide : narrow).row}) * XW;
    let yRow = (${(wide.name === "y" ? wide : narrow).row}) * YW;
${read(wide)}
${shared ? handed : read(narrow)}
${each((i, part, j) => `sum${i}_${part}_${j} += ${number(i, part)} * y${j};`)}
  }
${each((i, part, j) => `finish(e, vec2<u32>(xFrom + ${i}u, yFrom + ${j}u), ${part}u, SCALE * sum${i}_${part}_${j});`)}
}
fn finish(e: u32, at: vec2<u32>, part: u32, sum: ${word}) {
  if (at.x >= XW || at.y >= YW) { return; }
  let to = ((e * XW + at.x) * ${parts.length}u + part) * YW + at.y;
  if (sizes.FIRST == 0u) { out[to] = sum; } else { out[to] += sum; }
}
`;
}
