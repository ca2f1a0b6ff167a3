/** Trace of a model over a text: depth, router scores and experts of every token; the data of all pictures. */
import type { DecoderModel } from "../../src/infer/decoder.ts";
import type { EncoderModel } from "../../src/infer/encoder.ts";
import type { ExpertResult } from "../../src/model/results.ts";
import { requireFinite } from "../../src/infer/probabilities.ts";
import { TextStream, type Tokenizer } from "../../src/infer/tokenizer.ts";

/** One token. */
export interface TokenTrace {
  /** Its part of the text, or `#id` without one. */
  readonly text: string;
  /** Its id. */
  readonly id: number;
  /** Recursions run, 1..N. */
  readonly depth: number;
  /** Router logits: one for each recursion that scored it (expert-choice), or one for each depth (token-choice). */
  readonly scores: readonly number[];
}

/** One use of a layer with experts. */
export interface Track {
  /** Short name: "L1 r2" is layer 1 in recursion 2, "G2 l5" group 2 as layer 5. */
  readonly short: string;
  /** The name in words. */
  readonly name: string;
  /** Experts of each token by descending weight, with their weights; empty for tokens that were not routed. */
  readonly chosen: readonly (readonly { readonly expert: number; readonly weight: number }[])[];
}

/** Data of a picture. */
export interface Trace {
  /** Name of the model. */
  readonly model: string;
  /** The model in a few words. */
  readonly what: string;
  /** Number of recursions; 1 without recursion. */
  readonly N: number;
  /** Routing. */
  readonly routing: "none" | "expert" | "token";
  /** Whether token texts are contiguous, as those of a tokenizer. */
  readonly joined: boolean;
  /** Tokens in order. */
  readonly tokens: readonly TokenTrace[];
  /** Uses of experts in execution order. */
  readonly tracks: readonly Track[];
  /** Number of experts of a layer; 0 without experts. */
  readonly E: number;
}

/** Name and description of the model. */
interface Named {
  readonly model: string;
  readonly what: string;
}

/** Traces a decoder over one sequence. */
export async function traceDecoder(
  decoder: Pick<DecoderModel, "forward" | "config" | "tokenizer">,
  ids: readonly number[],
  named: Named,
  selection: "threshold" | "topk" = "threshold",
): Promise<Trace> {
  const { recursion: { N, routing }, mol } = decoder.config;
  const result = await decoder.forward([ids], { selection });
  requireFinite(result.hidden.data, () => "trace the text: its hidden states");
  const logits = result.depthLogits?.data;
  const scoresOf = (m: number) => {
    if (logits) return Array.from(logits.slice(m * N, (m + 1) * N));
    return result.recursions.flatMap(({ scores }) => scores && !Number.isNaN(scores[m]) ? [scores[m]] : []);
  };
  const routed = routing !== "none";
  const trackName = ({ layer, application }: ExpertResult) => {
    if (routed) return { short: `L${layer} r${application + 1}`, name: `layer ${layer}, recursion ${application + 1}` };
    if (layer === application) return { short: `L${layer}`, name: `layer ${layer}` };
    return { short: `L${layer} l${application}`, name: `layer ${layer}, run as layer ${application}` };
  };
  const texts = tokenTexts(decoder.tokenizer, ids);
  return {
    ...named,
    N,
    routing,
    joined: Boolean(decoder.tokenizer),
    tokens: ids.map((id, m) => ({ text: texts[m], id, depth: routed ? result.depth[m] : N, scores: scoresOf(m) })),
    tracks: result.experts.map((use) => ({ ...trackName(use), chosen: choices(use, ids.length) })),
    E: mol?.E ?? 0,
  };
}

/** Traces an encoder over one sequence. */
export async function traceEncoder(
  encoder: Pick<EncoderModel, "forward" | "config" | "tokenizer">,
  ids: readonly number[],
  named: Named,
): Promise<Trace> {
  const { experts, hidden } = await encoder.forward([ids]);
  requireFinite(hidden.data, () => "trace the text: its hidden states");
  const texts = tokenTexts(encoder.tokenizer, ids);
  return {
    ...named,
    N: 1,
    routing: "none",
    joined: Boolean(encoder.tokenizer),
    tokens: ids.map((id, m) => ({ text: texts[m], id, depth: 1, scores: [] })),
    tracks: experts.map((use) => ({
      short: `G${use.layer} l${use.application}`,
      name: `group ${use.layer}, run as layer ${use.application}`,
      chosen: choices(use, ids.length),
    })),
    E: encoder.config.mol?.E ?? 0,
  };
}

function choices({ rows, experts, weights, k }: ExpertResult, M: number): Track["chosen"] {
  const chosen: { expert: number; weight: number }[][] = Array.from({ length: M }, () => []);
  rows.forEach((row, i) => {
    for (let j = 0; j < k; j++) chosen[row].push({ expert: experts[i * k + j], weight: weights[i * k + j] });
  });
  return chosen;
}

/** The text of every token; a character of several tokens belongs to the last one. */
export function tokenTexts(tokenizer: Tokenizer | undefined, ids: readonly number[]): string[] {
  if (!tokenizer) return ids.map(String);
  const stream = new TextStream(tokenizer, []);
  return ids.map((id) => stream.push(id) || `#${id}`);
}

/** Mean depth, and the share of tokens at each depth 1..N. */
export function depthShares({ tokens, N }: Trace): { mean: number; shares: number[] } {
  const mean = tokens.reduce((sum, { depth }) => sum + depth, 0) / tokens.length;
  const shares = Array.from({ length: N }, (_, d) => tokens.filter(({ depth }) => depth === d + 1).length);
  return { mean, shares: shares.map((count) => count / tokens.length) };
}

/** Share of the choices of a track that fell on each expert, length E. */
export function expertShares({ chosen }: Track, E: number): { rows: number; shares: number[] } {
  const choices = chosen.flat();
  const shares = Array.from({ length: E }, (_, e) => choices.filter(({ expert }) => expert === e).length);
  return { rows: chosen.filter(({ length }) => length).length, shares: shares.map((n) => n / (choices.length || 1)) };
}
