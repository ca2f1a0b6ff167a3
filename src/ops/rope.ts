/**
 * Rotary position embedding (RoFormer, arXiv 2104.09864, in the rotate-half form of Llama), and the split into queries
 * and keys/values.
 *
 * @module
 */
import { type Apply, applying, defineFusedOp, defineOp } from "../op/define.ts";
import { type HostTensor, hostTensor } from "../op/device.ts";
import type { Backend, Tensor } from "../op/op.ts";
import { cacheWrite } from "./cache.ts";
import { inverseFrequencies, type Rope } from "./rope_frequencies.ts";
import { ropeGrad } from "./rope_grad.ts";

/** Heads of an attention layer. */
export interface Heads {
  /** Query heads. */
  readonly H: number;
  /** Key/value heads; 0 where only queries are computed. */
  readonly G: number;
  /** Head width. */
  readonly K: number;
}

/**
 * Splits rows of Wqkv·h, heads [Q… | K… | V…] each K wide, rotates Q and K, and leaves V as it is.
 *
 * x [M, (H+2G)·K], positions [M] i32 below T, table [T, K] (cosines of the K/2 angles, then sines) → q [M, H·K],
 * kv [M, 2·G·K] (rotated keys of all heads, then values). Within a head, with a, b its halves:
 * rotate(a, b) = (a·cos − b·sin, b·cos + a·sin).
 */
export const ropeOp = defineOp({
  name: "rope",
  family: "rope",
  inputs: { x: "M HK+2GK", positions: "M i32", table: "T K", "offsets?": "B+1 i32" },
  outputs: { q: "M HK", kv: "M 2GK" },
  params: { H: "size", G: "size", K: "size" },
  refuse: ({ K }) => K % 2 !== 0 && `head width ${K} is odd`,
  vjp: (backend, { inputs: { positions, table, offsets }, grads: { q, kv }, params }) => ({
    x: () => ropeGrad(backend, { dq: q, dkv: kv, positions, table, offsets }, params),
  }),
});

/** Applies {@link ropeOp}: x [M, (H+2G)·K] → q [M, H·K], kv [M, 2·G·K]. */
export function rope<T extends Tensor>(
  backend: Backend<T>,
  inputs: { x: T; positions: T; table: T; offsets?: T },
  heads: Heads,
): { q: T; kv: T } {
  const { H, G, K } = heads;
  return backend.run(ropeOp, inputs, { H, G, K });
}

/**
 * {@link rope}, fused with {@link cacheWrite} of keys and values: cache[kvSlots[m]] = kv[m], except where kvSlots[m] < 0.
 *
 * x [M, (H+2G)·K], positions [M] i32, table [T, K], cache [C, 2·G·K], kvSlots [M] i32 below C, distinct where not
 * negative → q [M, H·K], cache, written in place.
 */
export const ropeWriteOp = defineFusedOp({
  name: "ropeWrite",
  family: "rope",
  inputs: { x: "M HK+2GK", positions: "M i32", table: "T K", cache: "C 2GK", kvSlots: "M i32", "offsets?": "B+1 i32" },
  outputs: { q: "M HK", cache: "C 2GK" },
  params: { H: "size", G: "size", K: "size" },
  refuse: ({ K }) => K % 2 !== 0 && `head width ${K} is odd`,
  compose: (backend, { x, positions, table, cache, kvSlots, offsets }, heads) => {
    const { q, kv } = rope(backend, { x, positions, table, offsets }, heads);
    return { q, cache: cacheWrite(backend, { cache, x: kv, rows: kvSlots, offsets }) };
  },
});

/** Applies {@link ropeWriteOp}: → q [M, H·K], and the cache to use from then on. */
export const ropeWrite: Apply<"x" | "positions" | "table" | "cache" | "kvSlots" | "offsets?", "q" | "cache", Heads> =
  applying(ropeWriteOp);

/**
 * The table that {@link ropeOp} reads, computed in double: angle(t, i) = t·f_i with the {@link inverseFrequencies} f of
 * a base θ or a scaled RoPE → [T, K].
 *
 * ```ts
 * import { ropeTable } from "@refrain/transformers/ops";
 * const table = ropeTable(2048, 64, 10000);
 * const stretched = ropeTable(8192, 64, { theta: 10000, scaling: { kind: "linear", factor: 4 } });
 * ```
 */
export function ropeTable(T: number, K: number, rope: number | Rope): HostTensor {
  const half = K / 2;
  const frequencies = inverseFrequencies(K, typeof rope === "number" ? { theta: rope } : rope);
  const data = new Float64Array(T * K);
  for (let t = 0; t < T; t++) {
    for (let i = 0; i < half; i++) {
      const angle = t * frequencies[i];
      data[t * K + i] = Math.cos(angle);
      data[t * K + half + i] = Math.sin(angle);
    }
  }
  return hostTensor([T, K], data);
}
