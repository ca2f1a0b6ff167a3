/**
 * Forward passes of an encoder: what its program returns, and what that says of all rows.
 *
 * @module
 */
import type { Device, HostTensor } from "../op/device.ts";
import { type EncoderOutputs, maskedLogits } from "../model/encoder.ts";
import type { EncoderConfig } from "../model/config/encoder_config.ts";
import type { EncoderParams } from "../model/encoder_schema.ts";
import { type HeadInputs, type HeadOutputs, headOutputs, type HeadRows } from "../model/head.ts";
import { joinExperts, joinOffsets, joinRows } from "../model/join_results.ts";
import { encoderLosses } from "../model/losses.ts";
import * as results from "../model/results.ts";
import type { Backend, Tensor } from "../op/op.ts";
import type { ForwardInputs, Wanted } from "./decoder_forward.ts";
import { choicesOf, type ForwardOutputs, type Group, groupLosses, groupStarts } from "./group_losses.ts";

/** What a forward pass should return beside hidden states and routing. */
export interface EncoderForwardOptions {
  /** Also masked-language logits of every row. */
  logits?: boolean;
  /** Also losses against these labels, one list a sequence; −100 is not scored. */
  labels?: readonly ArrayLike<number>[];
}

/** What a forward pass returned, per row: sequences one after the other. */
export interface EncoderResult {
  /** Where sequences start, [B+1]. */
  readonly offsets: Int32Array;
  /** After the final norm, [M, D]. */
  readonly hidden: HostTensor;
  /** [M, V], if asked for. */
  readonly logits?: HostTensor;
  /** Every use of experts. */
  readonly experts: readonly results.ExpertResult[];
  /** Masked-language loss, load balance and their weighted total, if labels were given. */
  readonly losses?: { readonly mlm: number; readonly molBalance: number; readonly total: number };
}

/** An encoder's weights and sizes. */
export interface Weighted<T> {
  /** Weights. */
  readonly params: EncoderParams<T>;
  /** Sizes. */
  readonly config: EncoderConfig;
}

/** The masked-language head over rows, in parts. */
export function encoderHead<T extends Tensor>(
  backend: Backend<T>,
  { params, config }: Weighted<T>,
  rows: HeadRows<T>,
  parts: HeadInputs<T>,
): HeadOutputs<T> {
  return headOutputs(backend, parts, rows, {
    logitsOf: (hidden, offsets) => maskedLogits(backend, params, config, hidden, offsets),
  });
}

/** Results of a forward pass on the device. */
export function encoderOutputs<T extends Tensor>(
  device: Device<T>,
  model: Weighted<T>,
  { hidden, experts }: EncoderOutputs<T>,
  { batch: { offsets }, labels, head: parts }: ForwardInputs<T>,
  { logits, losses, grouped }: Wanted,
): ForwardOutputs<T> {
  const routed = { hidden, routing: results.routingOf({ experts }) };
  if (!parts) return routed;
  const head = encoderHead(device, model, { hidden, labels }, parts);
  const scored = logits ? { ...routed, logits: head.logits } : routed;
  if (!losses) return scored;
  const terms = encoderLosses(device, { experts }, { head, labels: labels!, offsets });
  return { ...scored, losses: terms, choices: grouped ? choicesOf(experts) : undefined };
}

/** The result of all groups of sequences. */
export async function encoderResult<T extends Tensor>(
  device: Device<T>,
  { balanceCoefficient }: EncoderConfig,
  groups: readonly Group[],
  { logits, labels }: EncoderForwardOptions,
): Promise<EncoderResult> {
  const result = {
    offsets: joinOffsets(groups.map(({ offsets }) => offsets)),
    hidden: joinRows(groups.map(({ hidden }) => hidden)),
    logits: logits ? joinRows(groups.flatMap(({ logits }) => logits!)) : undefined,
    experts: joinExperts(groups.map(({ routing }) => results.readExperts(routing)), groupStarts(groups)),
  };
  if (!labels) return result;
  const { lm: mlm, molBalance } = await groupLosses(device, groups);
  return { ...result, losses: { mlm, molBalance, total: mlm + balanceCoefficient * molBalance } };
}
