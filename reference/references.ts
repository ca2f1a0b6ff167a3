/**
 * Every operation's reference, by name.
 *
 * @module
 */
import type { AnyReference } from "./reference.ts";
import { linear } from "./linear.ts";
import { gather, scatterAdd, scatterRows } from "./rows.ts";
import { gate, route } from "./router.ts";
import { selectThreshold, selectTopK } from "./select.ts";
import { expertExpand, expertProject, expertUnit } from "./experts.ts";
import { embed } from "./embed.ts";
import { rope } from "./rope.ts";
import { norm } from "./norm.ts";
import { attention, visibility } from "./attention.ts";
import { activation, gatedUnit } from "./activation.ts";
import { cacheAppend } from "./cache.ts";
import { expertMerge } from "./merge.ts";
import { pick } from "./sample.ts";
import { pool } from "./pool.ts";
import { balance, binaryCrossEntropy, crossEntropy, logSumExp, mean } from "./losses.ts";

/** References by operation name. */
export const references: Readonly<Record<string, AnyReference>> = {
  linear,
  gather,
  scatterRows,
  scatterAdd,
  gate,
  route,
  selectTopK,
  selectThreshold,
  expertProject,
  expertUnit,
  expertExpand,
  embed,
  rope,
  norm,
  visibility,
  attention,
  activation,
  gatedUnit,
  cacheAppend,
  expertMerge,
  pick,
  pool,
  crossEntropy,
  binaryCrossEntropy,
  logSumExp,
  mean,
  balance,
};
