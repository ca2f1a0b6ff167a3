/**
 * What a forward pass of an encoder is asked for, and what it returns.
 *
 * @module
 */
import type { HostTensor } from "../device.ts";
import type { ExpertResult } from "../model/results.ts";

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
  readonly experts: readonly ExpertResult[];
  /** Masked-language loss, load balance and their weighted total, if labels were given. */
  readonly losses?: { readonly mlm: number; readonly molBalance: number; readonly total: number };
}
