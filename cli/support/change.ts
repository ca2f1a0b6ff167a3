/** Differences of two models of the same kind on the same texts. */
import type { DecoderModel } from "../../src/infer/decoder.ts";
import type { EncoderModel } from "../../src/infer/encoder.ts";
import { logProbabilities, requireFinite } from "../../src/infer/probabilities.ts";

/** Change of a decoder's outputs; losses and KL divergence in nats a token. */
export interface DecoderChange {
  /** Tokens compared, and those with a next one. */
  readonly tokens: number;
  /** Tokens with a known next one, over which losses are means. */
  readonly scored: number;
  /** Mean next-token cross-entropy of the first model. */
  readonly before: number;
  /** The same of the second. */
  readonly after: number;
  /** Mean KL divergence from the first model's distribution to the second's. */
  readonly divergence: number;
  /** Share of tokens with the same greedy next token. */
  readonly sameChoice: number;
  /** Share of tokens with the same depth. */
  readonly sameDepth: number;
}

const indexOfGreatest = (row: Float64Array) => row.reduce((best, value, v) => value > row[best] ? v : best, 0);

/** Compares two decoders, one sequence at a time, under causal selection. */
export async function decoderChange(
  first: Pick<DecoderModel, "forward" | "config">,
  second: Pick<DecoderModel, "forward" | "config">,
  sequences: readonly (readonly number[])[],
  onSequence: (done: number) => void = () => {},
): Promise<DecoderChange> {
  const { V } = first.config;
  const sums = { tokens: 0, scored: 0, before: 0, after: 0, divergence: 0, sameChoice: 0, sameDepth: 0 };
  for (const [index, ids] of sequences.entries()) {
    const [a, b] = [await first.forward([ids], { logits: true }), await second.forward([ids], { logits: true })];
    for (const { logits } of [a, b]) {
      requireFinite(logits!.data, () => `measure the change: the logits of text ${index + 1}`);
    }
    for (let m = 0; m < ids.length; m++) {
      const p = logProbabilities(a.logits!.data, m * V, V), q = logProbabilities(b.logits!.data, m * V, V);
      sums.divergence += p.reduce((sum, log, v) => sum + Math.exp(log) * (log - q[v]), 0);
      sums.sameChoice += indexOfGreatest(p) === indexOfGreatest(q) ? 1 : 0;
      sums.sameDepth += a.depth[m] === b.depth[m] ? 1 : 0;
      if (m + 1 === ids.length) continue;
      sums.scored++;
      sums.before -= p[ids[m + 1]];
      sums.after -= q[ids[m + 1]];
    }
    sums.tokens += ids.length;
    onSequence(index + 1);
  }
  const { tokens, scored, before, after } = sums;
  const perToken = (sum: number) => sum / tokens;
  return {
    tokens,
    scored,
    before: before / scored,
    after: after / scored,
    divergence: perToken(sums.divergence),
    sameChoice: perToken(sums.sameChoice),
    sameDepth: perToken(sums.sameDepth),
  };
}

/** Change of an encoder's outputs. */
export interface EncoderChange {
  /** Sequences and tokens compared. */
  readonly sequences: number;
  /** Tokens of all of them. */
  readonly tokens: number;
  /** Mean and smallest cosine of mean-pooled vectors. */
  readonly meanCosine: number;
  /** The smallest. */
  readonly leastCosine: number;
  /** ‖hidden after − before‖ / ‖before‖ over all tokens. */
  readonly hiddenChange: number;
}

/** Compares two encoders, one sequence at a time. */
export async function encoderChange(
  first: Pick<EncoderModel, "forward" | "config">,
  second: Pick<EncoderModel, "forward" | "config">,
  sequences: readonly (readonly number[])[],
  onSequence: (done: number) => void = () => {},
): Promise<EncoderChange> {
  const { D } = first.config;
  const cosines: number[] = [];
  let [moved, length, tokens] = [0, 0, 0];
  for (const ids of sequences) {
    const [a, b] = [(await first.forward([ids])).hidden.data, (await second.forward([ids])).hidden.data];
    for (const hidden of [a, b]) {
      requireFinite(hidden, () => `measure the change: the hidden states of text ${cosines.length + 1}`);
    }
    for (let i = 0; i < ids.length * D; i++) {
      moved += (b[i] - a[i]) ** 2;
      length += a[i] ** 2;
    }
    tokens += ids.length;
    cosines.push(cosine(pooled(a, ids.length, D), pooled(b, ids.length, D)));
    onSequence(cosines.length);
  }
  const meanCosine = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
  const leastCosine = Math.min(...cosines);
  return { sequences: sequences.length, tokens, meanCosine, leastCosine, hiddenChange: Math.sqrt(moved / length) };
}

function pooled(hidden: ArrayLike<number>, M: number, D: number): Float64Array {
  const sum = new Float64Array(D);
  for (let i = 0; i < M * D; i++) sum[i % D] += hidden[i];
  return sum;
}

function cosine(a: Float64Array, b: Float64Array): number {
  const dot = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
