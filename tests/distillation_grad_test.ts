import * as ops from "../src/ops/distillation_grad.ts";
import * as cases from "./cases/distillation_grad.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(ops.divergenceGradOp, cases.divergenceGrad);
equivalence(ops.cosineDistanceGradOp, cases.cosineDistanceGrad);
