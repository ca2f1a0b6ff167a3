/**
 * Inverse frequencies of rotary position embedding, and how they are scaled for longer texts.
 *
 * @module
 */

/** How inverse frequencies are stretched (`rope_type` of a config.json). */
export type RopeScaling = {
  /** Every frequency is divided by the factor (position interpolation, arXiv 2306.15595). */
  readonly kind: "linear";
  /** Divisor. */
  readonly factor: number;
} | {
  /** Long wavelengths are divided, short ones kept, those between interpolated (Llama 3.1, arXiv 2407.21783). */
  readonly kind: "llama3";
  /** Divisor of the long wavelengths. */
  readonly factor: number;
  /** A wavelength above positions / lowFrequency is long. */
  readonly lowFrequency: number;
  /** A wavelength below positions / highFrequency is short. */
  readonly highFrequency: number;
  /** Positions of the model before it was stretched. */
  readonly positions: number;
};

/** Rotary position embedding of a layer. */
export interface Rope {
  /** θ, the base of the angles. */
  readonly theta: number;
  /** Absent: frequencies are θ^(−2i/K). */
  readonly scaling?: RopeScaling;
}

/**
 * Inverse frequencies of a head of width K in double precision, radians a position → [K/2].
 *
 * Unscaled: f_i = θ^(−2i/K), wavelength λ_i = 2π/f_i. `linear`: f_i / factor. `llama3` with m = (positions/λ − low) /
 * (high − low): f_i / factor where m < 0, f_i where m > 1, else (1 − m)·f_i/factor + m·f_i.
 *
 * ```ts
 * import { inverseFrequencies } from "@refrain/transformers/ops";
 * inverseFrequencies(4, { theta: 100, scaling: { kind: "linear", factor: 2 } }); // [0.5, 0.05]
 * ```
 */
export function inverseFrequencies(K: number, { theta, scaling }: Rope): Float64Array {
  return Float64Array.from({ length: K / 2 }, (_, i) => scaled(theta ** (-2 * i / K), scaling));
}

function scaled(frequency: number, scaling?: RopeScaling): number {
  if (!scaling) return frequency;
  const { kind, factor } = scaling;
  if (kind === "linear") return frequency / factor;
  const { positions, lowFrequency: low, highFrequency: high } = scaling;
  const turns = positions * frequency / (2 * Math.PI); // positions / λ
  const m = Math.min(1, Math.max(0, (turns - low) / (high - low)));
  return (1 - m) * frequency / factor + m * frequency;
}
