import { normGradOp, normGradWeightOp } from "../../src/ops/norm_grad.ts";
import { size } from "../support/arbitraries.ts";
import { casesOf } from "../support/skeleton.ts";
import { eps, rows } from "./norm.ts";

const special = { sizes: { M: size(140), D: size(300) }, inputs: { x: rows }, params: { eps } };

/** Every row has a gradient of its own. */
export const normGrad = casesOf(normGradOp, special);

/** The sum over the rows. */
export const normGradWeight = casesOf(normGradWeightOp, special);
