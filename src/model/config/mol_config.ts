/**
 * Configuration of a mixture of LoRAs (arXiv 2512.12880): number, rank, selection and mixture of experts.
 *
 * @module
 */
import type { Fields } from "./fields.ts";

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

/** Maximum `lora_alpha`: published values are below 1000, and much larger ones overflow float32. */
const MOST_ALPHA = 2 ** 16;

/** Reads the experts' part of a configuration; `norm_top_k` is true by default for k ≥ 2 (docs/mol.md, "Top-k experts"). */
export function readMol(fields: Fields, layers: readonly number[]): MolConfig {
  const E = fields.count("num_experts");
  const k = fields.count("top_k", 1);
  const R = fields.count("lora_rank");
  fields.check(k <= E, () => `${fields.path}.top_k is ${k}, but there are ${E} experts`);
  return {
    layers,
    E,
    k,
    R,
    alpha: fields.number("lora_alpha", R, { fraction: true, most: MOST_ALPHA }),
    normalize: fields.flag("norm_top_k", k >= 2),
    mix: fields.choice("mol_mix", ["output", "weight"], "output"),
    jitter: fields.number("router_jitter_noise", 0, { most: 1, fraction: true }),
  };
}

/** Writes the experts' part of a configuration. */
export function writeMol({ E, k, R, alpha, normalize, mix, jitter }: MolConfig): Record<string, unknown> {
  const experts = { num_experts: E, top_k: k, lora_rank: R, lora_alpha: alpha, norm_top_k: normalize, mol_mix: mix };
  return { ...experts, router_jitter_noise: jitter };
}
