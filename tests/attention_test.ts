import { attentionOp, visibilityOp } from "../src/ops/attention.ts";
import * as cases from "./cases/attention.ts";
import { equivalence } from "./support/equivalence.ts";

equivalence(visibilityOp, cases.visibility);
equivalence(attentionOp, cases.attention);
