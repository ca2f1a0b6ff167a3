/**
 * Log-probabilities of the tokens of sequences, computed on the device: no logits come back.
 *
 * @module
 */
import type { Device, HostTensor } from "../../op/device.ts";
import type { Tensor } from "../../op/op.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import { decode, headLogits } from "../../model/decoder.ts";
import type { DecoderParams } from "../../model/decoder_schema.ts";
import { decoderColumns, groupSequences, rowsAtOnce } from "../../model/groups.ts";
import { partRows } from "../../model/head.ts";
import { joinRows } from "../../model/join_results.ts";
import { depthOf, readRecursions, type Routing } from "../../model/results.ts";
import type { RopeTables } from "../../model/rope_tables.ts";
import { crossEntropy } from "../../ops/losses.ts";
import { gather } from "../../ops/rows.ts";
import { NO_TOKEN } from "../../ops/sample.ts";
import { topLogProbs } from "../../ops/top_log_probs.ts";
import type { Programs } from "../programs.ts";
import { checkScored, type ScoredSequence, type ScoreInputs, scoreInputs } from "./score_inputs.ts";

/** Tokens of a group of sequences at most, unless one sequence has more: they bound the memory of activations. */
const MOST_TOKENS = 4096;

/** Scores of n tokens, each under the tokens before it. */
export interface TokenScores {
  /** log p, nats, [n]. */
  readonly logProbs: Float32Array | Float64Array;
  /** 1 where the token has the greatest logit, of equal ones the lowest id, [n]. */
  readonly greedy: Uint8Array;
  /** Recursions that the token before it ran, [n]. */
  readonly depths: Int32Array;
  /** Ids of the k likeliest tokens in descending order, [n, k]; −2 where fewer have a probability above 0. */
  readonly topIds: Int32Array;
  /** Their log-probabilities, nats, [n, k]. */
  readonly topLogProbs: Float32Array | Float64Array;
}

/** How tokens are scored. */
export interface TokenScoresOptions {
  /** How expert-choice recursions choose: `threshold` (causal) unless given, `topk` over all rows of a sequence. */
  readonly selection?: "threshold" | "topk";
  /** Tokens listed at each place, 1 unless given, at most 64. */
  readonly k?: number;
  /** Ends scoring between two groups of sequences. */
  readonly signal?: AbortSignal;
}

/** What scoring needs of a decoder. */
export interface ScoringModel<T extends Tensor> {
  /** Where it runs. */
  readonly device: Device<T>;
  /** Sizes. */
  readonly config: DecoderConfig;
  /** Weights. */
  readonly params: DecoderParams<T>;
  /** RoPE's tables. */
  readonly tables: RopeTables<T>;
}

/** Results of the program, on the device or on the host. */
interface ScoreOutputs<T> {
  readonly recursions: Routing<T>["recursions"];
  readonly parts: readonly { readonly nll: T; readonly ids: T; readonly logProbs: T }[];
}

/** Runs rows, and the head on the scored ones. */
function scored<T extends Tensor>(
  { device, config, params, tables }: ScoringModel<T>,
  { batch: { ids, positions, offsets }, capacity, parts }: ScoreInputs<T>,
  { rows, k }: { readonly rows: number; readonly k: number },
): ScoreOutputs<T> {
  const inputs = { ids, positions, offsets, capacity, table: tables.upTo(rows) };
  const { hidden, recursions } = decode(device, params, config, inputs);
  return {
    recursions: recursions.map(({ active: { rows, offsets } }) => ({ rows, offsets })),
    parts: parts.map(({ rows, labels, offsets }) => {
      const logits = headLogits(device, params, gather(device, hidden, rows, offsets), offsets);
      const top = topLogProbs(device, { logits, offsets }, { k });
      return { nll: crossEntropy(device, logits, labels, offsets), ids: top.ids, logProbs: top.logProbs };
    }),
  };
}

/** The scores of each sequence of a group. */
function readScores(
  { recursions, parts: outputs }: ScoreOutputs<HostTensor>,
  { batch: { offsets: { data: offsets } }, parts }: ScoreInputs<HostTensor>,
  group: readonly ScoredSequence[],
): TokenScores[] {
  const M = offsets[offsets.length - 1], depths = depthOf(readRecursions({ recursions, experts: [] }, M, M), M);
  const joined = (name: "nll" | "ids" | "logProbs") => joinRows(outputs.map((part) => part[name]));
  const nll = joined("nll").data as Float32Array, { shape: [, k], data } = joined("ids"), ids = data as Int32Array;
  const logProbs = joined("logProbs").data as Float32Array, labels = joinRows(parts.map(({ labels }) => labels)).data;
  let first = 0;
  return group.map(({ ids: { length }, from }, b) => {
    const at = first, end = first += length - from, last = offsets[b + 1];
    return {
      logProbs: nll.slice(at, end).map((value) => -value),
      greedy: Uint8Array.from({ length: end - at }, (_, i) => Number(ids[(at + i) * k] === labels[at + i])),
      depths: depths.slice(last - (end - at), last),
      topIds: ids.slice(at * k, end * k),
      topLogProbs: logProbs.slice(at * k, end * k),
    };
  });
}

/**
 * Scores tokens of sequences, a bounded number of rows at a time: log p(ids[t] | ids[0 … t−1]) for every t from `from` on.
 * With top-k selection a recursion looks at all rows of a sequence, those of later tokens too.
 *
 * Throws a RangeError for sequences of less than two tokens, a `from` that is not inside, ids outside the vocabulary and
 * more rows than positions; an Error for logits that are not finite.
 */
export async function tokenScores<T extends Tensor>(
  model: ScoringModel<T>,
  programs: Programs<T>,
  sequences: readonly ScoredSequence[],
  { selection = "threshold", k = 1, signal }: TokenScoresOptions = {},
): Promise<TokenScores[]> {
  const { device, config, tables } = model, all: TokenScores[] = [];
  const topk = config.recursion.routing === "expert" && selection === "topk";
  const most = Math.min(MOST_TOKENS, rowsAtOnce(device, decoderColumns(config)));
  checkScored(sequences, config);
  for (const group of groupSequences(sequences.map((one) => ({ ...one, length: one.ids.length - 1 })), most)) {
    signal?.throwIfAborted();
    const rows = tables.rows(Math.max(...group.map(({ length }) => length)));
    const program = programs.get<ScoreInputs<HostTensor>, ScoreOutputs<HostTensor>>(
      `scores ${topk} ${rows} ${k}`,
      (inputs) => scored<T>(model, inputs, { rows, k }),
    );
    const inputs = scoreInputs(group, config, { most: partRows(config.V, device), topk });
    const scores = readScores(await program(inputs), inputs, group);
    scores.forEach(({ topIds }, i) => {
      const wrong = topIds.findIndex((id, at) => at % k === 0 && id === NO_TOKEN);
      if (wrong < 0) return;
      const token = `token ${group[i].from + wrong / k} of sequence ${all.length + i + 1}`;
      throw new Error(`Cannot score: the logits of ${token} are not finite`);
    });
    all.push(...scores);
  }
  return all;
}
