/**
 * The vocabulary of operations: what each computes, its shapes and its derivative.
 *
 * @module
 */
export * from "./op/device.ts";
export * from "./op/op.ts";
export * from "./ops/vocabulary.ts";
export * from "./ops/activation.ts";
export * from "./ops/add.ts";
export * from "./ops/rows_grad.ts";
export * from "./ops/embed_grad.ts";
export * from "./ops/linear_grad.ts";
export * from "./ops/norm_grad.ts";
export * from "./ops/rope_grad.ts";
export * from "./ops/attention_grad.ts";
export * from "./ops/activation_grad.ts";
export * from "./ops/router_grad.ts";
export * from "./ops/experts_grad.ts";
export * from "./ops/pool_grad.ts";
export * from "./ops/losses_grad.ts";
export * from "./ops/attention.ts";
export * from "./ops/cache.ts";
export * from "./ops/embed.ts";
export * from "./ops/experts.ts";
export * from "./ops/linear.ts";
export * from "./ops/losses.ts";
export * from "./ops/merge.ts";
export * from "./ops/norm.ts";
export * from "./ops/norm_linear.ts";
export * from "./ops/pool.ts";
export * from "./ops/rope.ts";
export * from "./ops/rope_frequencies.ts";
export * from "./ops/router.ts";
export * from "./ops/rows.ts";
export * from "./ops/sample.ts";
export * from "./ops/slots.ts";
export * from "./ops/judge.ts";
export * from "./ops/retire.ts";
export * from "./ops/distillation.ts";
export * from "./ops/distillation_grad.ts";
export * from "./ops/noise.ts";
export * from "./ops/optimizer.ts";
export * from "./ops/select.ts";
export * from "./op/kinds.ts";
export * from "./ops/tape.ts";
