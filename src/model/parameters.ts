/**
 * Parameters are a record with a hole: `DecoderParams<Parameter>` is the schema, `DecoderParams<T>` the weights (and later
 * gradients and optimizer state). One schema drives initialisation, loading and saving.
 *
 * @module
 */
import type { Shape } from "../op/op.ts";
import type { MolConfig } from "./config/mol_config.ts";

/** How a fresh parameter starts. */
export type Initializer = "normal" | "ones" | "zeros" | "kaiming";

/** One checkpoint tensor that is part of a parameter. */
export interface Part {
  /** Name in the checkpoint. */
  readonly name: string;
  /** Shape in the checkpoint. */
  readonly shape: Shape;
}

/** A leaf of the schema. */
export interface Parameter {
  /** Shape of the whole parameter. */
  readonly shape: Shape;
  /** Checkpoint tensors, one after the other along the first axis. */
  readonly parts: readonly Part[];
  /** How it starts. */
  readonly init: Initializer;
  /** Learns with an optimizer of its own, ten times as fast (auxiliary routers; docs/mor.md, "Causal threshold"). */
  readonly auxiliary?: true;
}

/** LoRA experts of one feed-forward (docs/mol.md, "Mixture"). */
export interface MolParams<T> {
  /** Router, [E, D]. */
  readonly router: T;
  /** A1, [E, R, D]. */
  readonly inA: T;
  /** B1, [E, 2F, R]. */
  readonly inB: T;
  /** A2, [E, R, F]. */
  readonly outA: T;
  /** B2, [E, D, R]. */
  readonly outB: T;
}

/** Gated feed-forward. */
export interface FeedForwardParams<T> {
  /** Gate rows, then up rows, [2F, D]. */
  readonly gateUp: T;
  /** [D, F]. */
  readonly down: T;
  /** Experts, where this feed-forward has them. */
  readonly mol?: MolParams<T>;
}

/** A transformer layer. */
export interface LayerParams<T> {
  /** Norm before attention, [D]; absent means identity (ModernBERT's first layer). */
  readonly attentionNorm?: T;
  /** Query rows of all heads, then keys, then values, [(H+2G)·K, D]. */
  readonly qkv: T;
  /** Attention's output, [D, H·K]. */
  readonly out: T;
  /** Norm before the feed-forward, [D]. */
  readonly mlpNorm: T;
  /** The feed-forward. */
  readonly mlp: FeedForwardParams<T>;
}

/** A parameter that is one checkpoint tensor. */
export function parameter(name: string, shape: Shape, init: Initializer = "normal"): Parameter {
  return { shape, parts: [{ name, shape }], init };
}

/** A parameter that joins checkpoint tensors along the first axis; `shape` says how one row looks. */
export function joined(parts: readonly (readonly [name: string, rows: number])[], row: Shape): Parameter {
  const rows = parts.reduce((sum, [, count]) => sum + count, 0);
  return {
    shape: [rows, ...row],
    parts: parts.map(([name, count]) => ({ name, shape: [count, ...row] })),
    init: "normal",
  };
}

/** Schema of the experts under `prefix` (`….mlp`): in-pair on the gate and up rows, out-pair on the output matrix. */
export function molSchema(prefix: string, { E, R }: MolConfig, D: number, F: number): MolParams<Parameter> {
  const experts = `${prefix}.experts`;
  return {
    router: parameter(`${prefix}.router.weight`, [E, D]),
    inA: parameter(`${experts}.in.lora_a`, [E, R, D], "kaiming"),
    inB: parameter(`${experts}.in.lora_b`, [E, 2 * F, R], "zeros"),
    outA: parameter(`${experts}.out.lora_a`, [E, R, F], "kaiming"),
    outB: parameter(`${experts}.out.lora_b`, [E, D, R], "zeros"),
  };
}

function isParameter(node: unknown): node is Parameter {
  return typeof node === "object" && node !== null && "parts" in node;
}

/** Replaces every leaf of a schema; `values`, where given, is a record of the same form whose leaves go along. */
export function mapParams<V, R>(
  schema: unknown,
  change: (leaf: Parameter, value: V) => R,
  values?: unknown,
): unknown {
  if (schema === undefined) return undefined;
  if (isParameter(schema)) return change(schema, values as V);
  const below = (node: unknown, key: string | number) =>
    mapParams(node, change, (values as Record<string, unknown> | undefined)?.[key]);
  if (Array.isArray(schema)) return schema.map(below);
  return Object.fromEntries(Object.entries(schema as object).map(([key, node]) => [key, below(node, key)]));
}

/** Every leaf of a schema, in order. */
export function parametersOf(schema: unknown): Parameter[] {
  const leaves: Parameter[] = [];
  mapParams(schema, (leaf) => leaves.push(leaf));
  return leaves;
}

/** Number of elements of all parameters of a schema, counting those of `except` (leaves) not at all. */
export function countParameters(schema: unknown, except: readonly Parameter[] = []): number {
  return parametersOf(schema).filter((leaf) => !except.includes(leaf))
    .reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
