import { ropeGradOp } from "../../src/ops/rope_grad.ts";
import { casesOf } from "../support/skeleton.ts";
import { positions, sizes } from "./rope.ts";

/** Rows with any number of heads of either kind, at any positions; queries, keys and values or only one of them. */
export const ropeGrad = casesOf(ropeGradOp, { sizes, inputs: { positions } });
