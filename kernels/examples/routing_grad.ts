import { spec } from "../../src/op.ts";
import type { vocabulary } from "../../src/vocabulary.ts";
import { type Calls, each, offsets, whole } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Row widths that divide by four, one that does not, and long rows. */
const widths = [64, 30, 5248] as const;

/** Examples of the derivatives of what chooses rows and experts. */
export const routingGrad = {
  place: each({ D: widths, offsets }, ({ D, offsets }) => ({
    inputs: { y: spec([9, D]), rows: whole(9), offsets },
    params: { M: 20 },
  })),
  scaleRows: each({ D: widths, offsets }, ({ D, offsets }) => ({
    inputs: { x: spec([9, D]), gates: spec([9, 1]), offsets },
    params: {},
  })),
  dotRows: each({ D: widths, offsets }, ({ D, offsets }) => ({
    inputs: { a: spec([9, D]), b: spec([9, D]), offsets },
    params: {},
  })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
