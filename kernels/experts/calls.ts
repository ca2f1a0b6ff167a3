import type { ExpertUnitParams } from "../../src/ops/experts.ts";
import type { Call } from "../kernel.ts";

/** A call of expertUnit. */
export type UnitCall = Call<"u" | "a" | "b" | "experts" | "weights" | "offsets?", "z" | "mix", ExpertUnitParams>;

/** A call of expertExpand. */
export type ExpandCall = Call<
  "x" | "a" | "b" | "experts" | "weights" | "offsets?",
  "y",
  { readonly scale: number }
>;
