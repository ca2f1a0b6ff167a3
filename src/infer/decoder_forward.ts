/**
 * Forward passes of a decoder: what its program returns, and what that says of all rows.
 *
 * @module
 */
import type { Device, HostTensor } from "../op/device.ts";
import type { DecoderConfig } from "../model/config/config.ts";
import { type DecoderOutputs, headLogits } from "../model/decoder.ts";
import type { DecoderParams } from "../model/decoder_schema.ts";
import { type HeadInputs, headOutputs } from "../model/head.ts";
import { joinExperts, joinOffsets, joinRecursions, joinRows } from "../model/join_results.ts";
import { decoderLosses, type LossValues, totalLoss } from "../model/losses.ts";
import * as results from "../model/results.ts";
import type { Tensor } from "../op/op.ts";
import { choicesOf, type ForwardOutputs, type Group, groupLosses, groupStarts } from "./group_losses.ts";

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

/** Inputs of a forward pass. */
export interface ForwardInputs<T> {
  /** Rows. */
  readonly batch: { readonly ids: T; readonly positions: T; readonly offsets: T };
  /** Top-k: rows that each recursion keeps, N × [B]. */
  readonly capacity?: readonly T[];
  /** What to predict at each row, [M]. */
  readonly labels?: T;
  /** Parts of the head, where logits or losses are asked for. */
  readonly head?: HeadInputs<T>;
}

/** What a program of a forward pass computes; `grouped` ones run a part of the sequences. */
export interface Wanted {
  /** Logits of every row. */
  readonly logits: boolean;
  /** Losses against the labels. */
  readonly losses: boolean;
  /** Also what losses over several groups need. */
  readonly grouped: boolean;
}

/** Results of a forward pass on the device. */
export function decoderOutputs<T extends Tensor>(
  device: Device<T>,
  params: DecoderParams<T>,
  outputs: DecoderOutputs<T>,
  { batch: { offsets }, labels, head: parts }: ForwardInputs<T>,
  { logits, losses, grouped }: Wanted,
): ForwardOutputs<T> {
  const { hidden, experts, depths } = outputs;
  const routed = { hidden, routing: results.routingOf(outputs) };
  if (!parts) return routed;
  const head = headOutputs(device, parts, { hidden, labels }, {
    logitsOf: (some, offsets) => headLogits(device, params, some, offsets),
  });
  const scored = logits ? { ...routed, logits: head.logits } : routed;
  if (!losses) return scored;
  const terms = decoderLosses(device, outputs, { head, labels: labels!, offsets });
  return { ...scored, losses: terms, choices: grouped ? choicesOf(experts, depths) : undefined };
}

/** The result of all groups of sequences. */
export async function decoderResult<T extends Tensor>(
  device: Device<T>,
  config: DecoderConfig,
  groups: readonly Group[],
  options: ForwardOptions,
): Promise<DecoderResult> {
  const joined = (of: (group: Group) => HostTensor | undefined) =>
    of(groups[0]) && joinRows(groups.map((group) => of(group)!));
  const offsets = joinOffsets(groups.map(({ offsets }) => offsets));
  const recursions = joinRecursions(groups.map(({ recursions }) => recursions));
  const losses = options.losses ? await groupLosses(device, groups) : undefined;
  return {
    offsets,
    hidden: joined(({ hidden }) => hidden)!,
    logits: options.logits ? joinRows(groups.flatMap(({ logits }) => logits!)) : undefined,
    depth: results.depthOf(recursions, offsets[offsets.length - 1]),
    recursions,
    depthLogits: joined(({ routing }) => routing.depthLogits),
    experts: joinExperts(groups.map(({ routing }) => results.readExperts(routing)), groupStarts(groups)),
    losses: losses && { ...losses, total: totalLoss({ ...losses }, { lm: 1, ...config.losses }) },
  };
}
