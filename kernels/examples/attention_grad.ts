import { spec } from "../../src/op.ts";
import type { vocabulary } from "../../src/vocabulary.ts";
import { type Calls, each, offsets, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Which gradients reach rope. */
const reached = ["both", "queries", "keys"] as const;

/** Examples of the derivatives of attention and of the rotary embedding. */
export const attentionGrad = {
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
