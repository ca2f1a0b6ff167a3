import { spec } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets, optional, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Alternatives: few, a number that does not divide by four, a vocabulary. */
const alternatives = [4, 30, 50368] as const;

/** Examples of what is done with the last rows: pooling, losses, sampling. */
export const heads = {
  sample: each({ V: alternatives, seen: [true, false], offsets }, ({ V, seen, offsets }) => ({
    inputs: {
      logits: spec([9, V]),
      options: spec([9, 5]),
      seeds: whole(9),
      counters: whole(9),
      seen: seen ? whole(9, V) : undefined,
      offsets,
    },
    params: {},
  })),
  count: each({ V: alternatives, rows: optional(whole(9)), offsets }, ({ V, rows, offsets }) => ({
    inputs: { seen: whole(9, V), ids: whole(9), rows, offsets },
    params: {},
  })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
