/**
 * Scores and perplexity, as one module that generation does not load.
 *
 * @module
 */
export { perplexity } from "./perplexity.ts";
export { score } from "./score.ts";
