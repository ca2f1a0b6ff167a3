/**
 * Rotary position embedding and the split into queries and keys/values, in one pass over the rows.
 *
 * @module
 */
import { type Heads, ropeOp, ropeWriteOp } from "../../src/ops/rope.ts";
import type { Tensor } from "../../src/op/op.ts";
import { defineKernel, type Dispatch } from "../host/kernel.ts";
import { perWord } from "../wgsl/launch.ts";

/** q, kv = rope(x). */
export const rope = defineKernel(ropeOp, ({ inputs, params }) => [rotate(inputs, params, "kv")]);

/** The same, with keys and values written to a cache. */
export const ropeWrite = defineKernel(
  ropeWriteOp,
  ({ inputs, params }) => [rotate(inputs, params, "cache")],
  () => true,
);

/** A rotation of pairs of numbers, half a head apart. */
interface Rotation {
  readonly label: string;
  readonly rows: number;
  readonly offsets: Tensor | undefined;
  readonly heads: Heads;
  /** Tensors that are read and written in pairs. */
  readonly names: readonly string[];
  /** WGSL: loads a and b, the pair `i` of `head` of row `m`. */
  readonly load: string;
  /** WGSL: rotates a and b by the angle with cosine c and sine s. */
  readonly turn: string;
  /** WGSL: stores a and b. */
  readonly store: string;
}

/** One invocation per pair (a, b) of a head; four neighbouring pairs at once where half a head is a multiple of four. */
export function rotation({ label, rows, offsets, heads: { H, G, K }, names, ...task }: Rotation): Dispatch {
  const wide = K % 8 === 0;
  const half = wide ? K / 8 : K / 2;
  const element = wide ? "vec4<f32>" : "f32";
  return perWord({
    label: wide ? `${label}.wide` : label,
    ...{ rows, offsets, each: (H + 2 * G) * half },
    elements: Object.fromEntries([...names, "table"].map((name) => [name, element])),
    constants: { H, G, HALF: half },
    statements: /* wgsl */ `
  let heads = H + 2 * G;
  let head = w / HALF;
  let i = w % HALF;
  var a = ${element}();
  var b = ${element}();
  ${task.load}
  if (head < H + G) {
    let angle = u32(positions[m]) * 2 * HALF + i;
    let c = table[angle];
    let s = table[angle + HALF];
    ${task.turn}
  }
  ${task.store}`,
  });
}

/** WGSL: loads or stores a pair. */
export const load = (name: string, place: string): string =>
  `let source = ${place}; a = ${name}[source]; b = ${name}[source + HALF];`;
export const store = (name: string, place: string): string =>
  `let to = ${place}; ${name}[to] = a; ${name}[to + HALF] = b;`;

function rotate({ x, offsets }: { x: Tensor; offsets?: Tensor }, heads: Heads, keys: "kv" | "cache"): Dispatch {
  return rotation({
    label: keys === "cache" ? "ropeWrite" : "rope",
    ...{ rows: x.shape[0], offsets, heads, names: ["x", "q", keys] },
    load: load("x", "(m * heads + head) * 2 * HALF + i"),
    turn: "let rotated = a * c - b * s; b = b * c + a * s; a = rotated;",
    store: /* wgsl */ `
  if (head < H) {
    ${store("q", "(m * H + head) * 2 * HALF + i")}
    return;
  }
  ${keys === "cache" ? "let row = kvSlots[m]; if (row < 0) { return; }" : "let row = m;"}
  ${store(keys, "(u32(row) * 2 * G + head - H) * 2 * HALF + i")}`,
  });
}
