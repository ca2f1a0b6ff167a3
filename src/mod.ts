/**
 * What the models are: operations, one definition of decoder and encoder, checkpoints. No numbers, no GPU.
 *
 * @module
 */
export * from "./op.ts";
export * from "./device.ts";
export * from "./vocabulary.ts";
export * from "./ops/activation.ts";
export * from "./ops/attention.ts";
export * from "./ops/cache.ts";
export * from "./ops/embed.ts";
export * from "./ops/experts.ts";
export * from "./ops/linear.ts";
export * from "./ops/losses.ts";
export * from "./ops/merge.ts";
export * from "./ops/norm.ts";
export * from "./ops/pool.ts";
export * from "./ops/rope.ts";
export * from "./ops/router.ts";
export * from "./ops/rows.ts";
export * from "./ops/sample.ts";
export * from "./ops/select.ts";
