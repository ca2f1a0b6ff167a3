import { poolGradOp } from "../../src/ops/pool_grad.ts";
import { casesOf } from "../support/skeleton.ts";
import { special } from "./pool.ts";

/** Upstream gradients of the vectors that pooling itself is tested with. */
export const poolGrad = casesOf(poolGradOp, special);
