/**
 * Metrics of lm-evaluation-harness with their standard errors: of a mean as it computes them; of ratios by linearisation,
 * which its bootstrap approaches as its resamples grow in number.
 */
import { bytesOf, choiceOf, type Item, type Kind } from "./items.ts";

/** The result of a request. */
export interface Answer {
  /** log p of the continuation, nats. */
  readonly logProb: number;
  /** Whether it is the greedy one. */
  readonly greedy: boolean;
  /** UTF-8 bytes of the scored text, where that is not the whole continuation. */
  readonly bytes?: number;
}

/** A value with its standard error, absent where there is none. */
export interface Metric {
  readonly value: number;
  readonly stderr?: number;
}

/** Metrics by name. */
export type Metrics = Readonly<Record<string, Metric>>;

/** The mean of numbers, and s/√n with the sample deviation s; none for a single number. */
export function mean(values: readonly number[]): Metric {
  const n = values.length, value = values.reduce((sum, one) => sum + one, 0) / n;
  const squares = values.reduce((sum, one) => sum + (one - value) ** 2, 0);
  return { value, ...(n > 1 && { stderr: Math.sqrt(squares / (n - 1) / n) }) };
}

/** r = Σa/Σb over n pairs, and √(n/(n−1)·Σ(a − r·b)²)/Σb; no error for a single pair. */
export function ratio(a: readonly number[], b: readonly number[]): Metric {
  const [top, bottom] = [a, b].map((values) => values.reduce((sum, one) => sum + one, 0)), n = a.length;
  const value = top / bottom, squares = a.reduce((sum, one, i) => sum + (one - value * b[i]) ** 2, 0);
  return { value, ...(n > 1 && { stderr: Math.sqrt(n / (n - 1) * squares) / bottom }) };
}

/** e^x with the error of x carried through. */
export function exponential({ value, stderr }: Metric): Metric {
  const power = Math.exp(value);
  return { value: power, ...(stderr !== undefined && { stderr: power * stderr }) };
}

/** Index of the greatest number, of equal ones the first. */
const greatest = (values: readonly number[]) => values.indexOf(Math.max(...values));

/** What a document adds to the metrics of its kind. */
export function itemMetrics({ pairs, gold }: Item, kind: Kind, answers: readonly Answer[]): Record<string, number> {
  const [{ logProb, greedy, bytes = bytesOf(pairs[0][1]) }] = answers, bits = -logProb / Math.LN2;
  if (kind === "loglikelihood_rolling") return { bits, bytes };
  if (kind === "loglikelihood") return { acc: Number(greedy), nats: -logProb, bits, bytes };
  const logs = answers.map(({ logProb }) => logProb), lengths = pairs.map(([, text]) => bytesOf(choiceOf(text)));
  return {
    acc: Number(greatest(logs) === gold),
    acc_norm: Number(greatest(logs.map((log, i) => log / lengths[i])) === gold),
  };
}

/** Metrics of a task from those of its documents. */
export function taskMetrics(kind: Kind, items: readonly Item[], of: readonly Record<string, number>[]): Metrics {
  const all = (name: string) => of.map((one) => one[name]);
  if (kind === "multiple_choice") return { acc: mean(all("acc")), acc_norm: mean(all("acc_norm")) };
  const perByte = ratio(all("bits"), all("bytes"));
  if (kind === "loglikelihood") {
    return { acc: mean(all("acc")), perplexity: exponential(mean(all("nats"))), bits_per_byte: perByte };
  }
  const words = items.map(({ pairs }) => pairs[0][1].split(/\s+/).length), nats = all("bits").map((b) => b * Math.LN2);
  return {
    word_perplexity: exponential(ratio(nats, words)),
    byte_perplexity: exponential(ratio(nats, all("bytes"))),
    bits_per_byte: perByte,
  };
}
