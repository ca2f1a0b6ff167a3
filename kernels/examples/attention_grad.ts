import { spec, type Tensor } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Which gradients reach rope. */
const reached = ["both", "queries", "keys"] as const;

/** Rows and head widths: in registers, four numbers at a time or one by one, and too wide for work group memory. */
const attentions = { M: [9, 200], K: [6, 10, 32, 64, 128, 132, 256], offsets };

/** Operands that the derivatives of attention share. */
function operands(M: number, K: number, offsets: Tensor | undefined) {
  return { q: spec([M, 4 * K]), kv: spec([300, 2 * 2 * K]), ranges: whole(M, 2), dy: spec([M, 4 * K]), offsets };
}

/** Examples of the derivatives of attention and of the rotary embedding. */
export const attentionGrad = {
  attentionStats: each(attentions, ({ M, K, offsets }) => ({
    inputs: { ...operands(M, K, offsets), y: spec([M, 4 * K]) },
    params: { H: 4, G: 2, K },
  })),
  attentionGradQ: each(attentions, ({ M, K, offsets }) => ({
    inputs: { ...operands(M, K, offsets), stats: spec([M, 2 * 4]) },
    params: { H: 4, G: 2, K },
  })),
  attentionGradKv: each(attentions, ({ M, K, offsets }) => ({
    inputs: { ...operands(M, K, offsets), stats: spec([M, 2 * 4]) },
    params: { H: 4, G: 2, K },
  })),
  ropeGrad: each(
    { heads: [[4, 2, 32], [3, 3, 10], [4, 0, 16]] as const, given: reached, offsets },
    ({ heads: [H, G, K], given, offsets }) => ({
      inputs: {
        dq: given === "keys" ? undefined : spec([9, H * K]),
        dkv: given === "queries" ? undefined : spec([9, 2 * G * K]),
        positions: whole(9),
        table: spec([32, K]),
        offsets,
      },
      params: { H, G, K },
    }),
  ),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
