/**
 * Forward passes of a decoder: what its program returns, and what that says of all rows.
 *
 * @module
 */
import type { Device, HostTensor } from "../op/device.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import { type DecoderOutputs, headLogits } from "../model/decoder.ts";
import type { DecoderParams } from "../model/decoder_schema.ts";
import { headOutputs, joinLogits } from "../model/head.ts";
import { joinExperts, joinOffsets, joinRecursions, joinRows } from "../model/join_results.ts";
import { decoderLosses, type LossValues, totalLoss } from "../model/losses.ts";
import * as results from "../model/results.ts";
import type { Tensor } from "../op/op.ts";
import { choiceOutputs, type Group, groupLosses, groupStarts } from "./group_losses.ts";

/** What a forward pass should return beside hidden states and routing. */
export interface ForwardOptions {
  /** How expert-choice recursions choose: `threshold` is causal, `topk` looks at whole sequences as in training. */
  selection?: "threshold" | "topk";
  /** Also the vocabulary logits of every row. */
  logits?: boolean;
  /** Also the loss terms of next-token prediction. */
  losses?: boolean;
}

/** What a forward pass returned, per row: sequences one after the other. */
export interface DecoderResult {
  /** Where sequences start, [B+1]. */
  readonly offsets: Int32Array;
  /** After the final norm, [M, D]. */
  readonly hidden: HostTensor;
  /** [M, V], if asked for. */
  readonly logits?: HostTensor;
  /** Recursions run by each row, 1..N, [M]. */
  readonly depth: Int32Array;
  /** What each recursion did; empty without routing. */
  readonly recursions: readonly results.RecursionResult[];
  /** Token-choice: router logits, [M, N]. */
  readonly depthLogits?: HostTensor;
  /** Every use of experts. */
  readonly experts: readonly results.ExpertResult[];
  /** Loss terms and their weighted total, if asked for. */
  readonly losses?: LossValues & { readonly total: number };
}

type Named<T> = Readonly<Record<string, T>>;

/** What a program of a forward pass computes; `grouped` ones run a part of the sequences. */
export interface Wanted {
  /** Logits of every row. */
  readonly logits: boolean;
  /** Losses against the labels. */
  readonly losses: boolean;
  /** Also what losses over several groups need. */
  readonly grouped: boolean;
}

/** Results of a forward pass by name. */
export function decoderOutputs<T extends Tensor>(
  device: Device<T>,
  params: DecoderParams<T>,
  outputs: DecoderOutputs<T>,
  named: Named<T>,
  { logits, losses, grouped }: Wanted,
): Named<T> {
  const { offsets, labels } = named;
  const { hidden, experts, depths } = outputs;
  const routed = { hidden, ...results.recursionOutputs(outputs), ...results.expertOutputs(experts) };
  if (!logits && !losses) return routed;
  const head = headOutputs(device, named, { hidden, labels }, {
    logitsOf: (some, offsets) => headLogits(device, params, some, offsets),
  });
  const scored = logits ? { ...routed, ...head.logits } : routed;
  if (!losses) return scored;
  const terms = results.lossOutputs(decoderLosses(device, outputs, { head, labels, offsets }));
  return { ...scored, ...terms, ...(grouped ? choiceOutputs(experts, depths) : {}) };
}

/** The result of all groups of sequences. */
export async function decoderResult<T extends Tensor>(
  device: Device<T>,
  config: DecoderConfig,
  groups: readonly Group[],
  options: ForwardOptions,
): Promise<DecoderResult> {
  const joined = (name: string) =>
    name in groups[0].named ? joinRows(groups.map(({ named }) => named[name])) : undefined;
  const offsets = joinOffsets(groups.map(({ offsets }) => offsets));
  const recursions = joinRecursions(groups.map(({ recursions }) => recursions));
  const losses = options.losses ? await groupLosses(device, groups) : undefined;
  return {
    offsets,
    hidden: joined("hidden")!,
    logits: options.logits ? joinRows(groups.map(({ named }) => joinLogits(named))) : undefined,
    depth: results.depthOf(recursions, offsets[offsets.length - 1]),
    recursions,
    depthLogits: joined("depth.logits"),
    experts: joinExperts(groups.map(({ named }) => results.readExperts(named)), groupStarts(groups)),
    losses: losses && { ...losses, total: totalLoss({ ...losses }, { lm: 1, ...config.losses }) },
  };
}
