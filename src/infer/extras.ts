/**
 * What models compute beyond forward passes: merged experts, token scores, gradients. One module, loaded on demand, so
 * that bundles of inference stay small and in few files.
 *
 * @module
 */
export { mergeExperts } from "../model/merge.ts";
export { CausalLM } from "../train/causal_lm.ts";
export { MaskedLM } from "../train/masked_lm.ts";
export { stepGradients } from "../train/step_gradients.ts";
export { tokenScores } from "./score/token_scores.ts";
