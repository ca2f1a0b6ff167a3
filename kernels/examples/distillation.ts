import { spec } from "../../src/op/op.ts";
import type { vocabulary } from "../../src/ops/vocabulary.ts";
import { type Calls, each, offsets } from "./call.ts";

type Vocabulary = typeof vocabulary;

/** Columns that divide by four and some that do not: rows for one invocation, for a work group, and long ones. */
const widths = [8, 30, 36, 301, 8192] as const;

/** Examples of distillation and of its derivatives. */
export const distillation = {
  divergence: each({ V: widths, offsets }, ({ V, offsets }) => ({
    inputs: { student: spec([9, V]), teacher: spec([9, V]), offsets },
    params: { temperature: 2 },
  })),
  divergenceGrad: each({ V: widths, offsets }, ({ V, offsets }) => ({
    inputs: { student: spec([9, V]), teacher: spec([9, V]), dkl: spec([9, 1]), offsets },
    params: { temperature: 2 },
  })),
  cosineDistance: each({ D: widths, offsets }, ({ D, offsets }) => ({
    inputs: { a: spec([9, D]), b: spec([9, D]), offsets },
    params: {},
  })),
  cosineDistanceGrad: each({ D: widths, offsets }, ({ D, offsets }) => ({
    inputs: { a: spec([9, D]), b: spec([9, D]), dy: spec([9, 1]), offsets },
    params: {},
  })),
} satisfies { [Name in keyof Vocabulary]?: Calls<Vocabulary[Name]> };
