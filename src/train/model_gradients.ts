/**
 * What gradients of a model need, as one module that inference does not load.
 *
 * @module
 */
export { CausalLM } from "./causal_lm.ts";
export { MaskedLM } from "./masked_lm.ts";
export { stepGradients } from "./step_gradients.ts";
