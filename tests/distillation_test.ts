import * as ops from "../src/ops/distillation.ts";
import * as cases from "./cases/distillation.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(ops.divergenceOp, cases.divergence);
equivalence(ops.cosineDistanceOp, cases.cosineDistance);
