/**
 * The random cases of every operation, by its name.
 *
 * @module
 */
import type fc from "fast-check";
import type { OpName } from "../../src/ops/vocabulary.ts";
import type { Case } from "../support/compare.ts";
import * as activation from "./activation.ts";
import * as activationGrad from "./activation_grad.ts";
import * as add from "./add.ts";
import * as attention from "./attention.ts";
import * as attentionGrad from "./attention_grad.ts";
import * as cache from "./cache.ts";
import * as columns from "./columns.ts";
import * as commitTokens from "./commit_tokens.ts";
import * as distillation from "./distillation.ts";
import * as distillationGrad from "./distillation_grad.ts";
import * as embed from "./embed.ts";
import * as embedGrad from "./embed_grad.ts";
import * as experts from "./experts.ts";
import * as expertsGrad from "./experts_grad.ts";
import * as linear from "./linear.ts";
import * as linearGrad from "./linear_grad.ts";
import * as losses from "./losses.ts";
import * as lossesGrad from "./losses_grad.ts";
import * as merge from "./merge.ts";
import * as noise from "./noise.ts";
import * as norm from "./norm.ts";
import * as normGrad from "./norm_grad.ts";
import * as normLinear from "./norm_linear.ts";
import * as optimizer from "./optimizer.ts";
import * as pool from "./pool.ts";
import * as poolGrad from "./pool_grad.ts";
import * as rope from "./rope.ts";
import * as ropeGrad from "./rope_grad.ts";
import * as routeTokens from "./route_tokens.ts";
import * as router from "./router.ts";
import * as routerGrad from "./router_grad.ts";
import * as rows from "./rows.ts";
import * as rowsGrad from "./rows_grad.ts";
import * as sample from "./sample.ts";
import * as select from "./select.ts";
import * as slots from "./slots.ts";
import * as topLogProbs from "./top_log_probs.ts";

/** An operation without cases does not compile. */
export const cases = {
  ...activation,
  ...activationGrad,
  ...add,
  ...attention,
  ...attentionGrad,
  ...cache,
  ...columns,
  ...commitTokens,
  ...distillation,
  ...distillationGrad,
  ...embed,
  ...embedGrad,
  ...experts,
  ...expertsGrad,
  ...linear,
  ...linearGrad,
  ...losses,
  ...lossesGrad,
  ...merge,
  ...noise,
  ...norm,
  ...normGrad,
  ...normLinear,
  ...optimizer,
  ...pool,
  ...poolGrad,
  ...rope,
  ...ropeGrad,
  ...routeTokens,
  ...router,
  ...routerGrad,
  ...rows,
  ...rowsGrad,
  ...sample,
  ...select,
  ...slots,
  ...topLogProbs,
} satisfies { readonly [Name in OpName]: fc.Arbitrary<Case<never, unknown>> };
