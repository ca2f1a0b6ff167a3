import { adamWOp, averageOp, balanceBiasOp, storeOp, sumSquaresOp } from "../src/ops/optimizer.ts";
import * as cases from "./cases/optimizer.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(sumSquaresOp, cases.sumSquares);
equivalence(adamWOp, cases.adamW);
equivalence(storeOp, cases.store);
equivalence(averageOp, cases.average);
equivalence(balanceBiasOp, cases.balanceBias);
