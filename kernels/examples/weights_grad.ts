import { spec } from "../../src/op.ts";
import type { vocabulary } from "../../src/vocabulary.ts";
import type { Calls } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Examples of the derivatives of what has weights. */
export const weightsGrad = {
  add: [{ inputs: { a: spec([9, 30]), b: spec([9, 30]) }, params: { scale: 1 } }],
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
