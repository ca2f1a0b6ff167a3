import type { LoraGatedUnitParams } from "../../../src/ops/experts.ts";
import type { Call } from "../../host/kernel.ts";

/** A call of loraGatedUnit. */
export type UnitCall = Call<"u" | "a" | "b" | "experts" | "weights" | "offsets?", "z" | "mix", LoraGatedUnitParams>;

/** A call of loraUp. */
export type ExpandCall = Call<
  "x" | "a" | "b" | "experts" | "weights" | "offsets?",
  "y",
  { readonly scale: number }
>;
