/**
 * Configuration of a mixture of LoRAs (arXiv 2512.12880): number, rank, selection and mixture of experts.
 *
 * @module
 */
import type { Fields } from "./fields.ts";
import { expertKeys } from "./mechanism_keys.ts";
import { readRows } from "./row.ts";

/** LoRA experts inside some feed-forwards. */
export interface MolConfig {
  /** Unique layers (decoder) or groups (encoder) that hold experts. */
  readonly layers: readonly number[];
  /** Experts. */
  readonly E: number;
  /** Experts chosen per token. */
  readonly k: number;
  /** LoRA rank. */
  readonly R: number;
  /** LoRA alpha; updates are scaled by alpha / R. */
  readonly alpha: number;
  /** Whether the chosen weights are divided by their sum. */
  readonly normalize: boolean;
  /** Mixture of the experts' outputs (the paper's), or of their weights. */
  readonly mix: "output" | "weight";
  /** ε of the router's input noise in training; 0: none. */
  readonly jitter: number;
}

/** Reads the experts' part of a configuration; `norm_top_k` is true by default for k ≥ 2 (docs/mol.md, "Top-k experts"). */
export function readMol(fields: Fields, layers: readonly number[]): MolConfig {
  const { num_experts: E, top_k: k, lora_rank: R, ...read } = readRows(fields, expertKeys);
  fields.check(k <= E, () => `${fields.path}.top_k is ${k}, but there are ${E} experts`);
  return {
    layers,
    E,
    k,
    R,
    alpha: read.lora_alpha ?? R,
    normalize: read.norm_top_k ?? k >= 2,
    mix: read.mol_mix,
    jitter: read.router_jitter_noise,
  };
}

/** Writes the experts' part of a configuration. */
export function writeMol({ E, k, R, alpha, normalize, mix, jitter }: MolConfig): Record<string, unknown> {
  const experts = { num_experts: E, top_k: k, lora_rank: R, lora_alpha: alpha, norm_top_k: normalize, mol_mix: mix };
  return { ...experts, router_jitter_noise: jitter };
}
