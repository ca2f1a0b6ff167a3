/**
 * Masked-language logits of some rows of a sequence.
 *
 * @module
 */
import { type Batch, packPositions, packRows } from "../model/batch.ts";
import type { HeadInputs } from "../model/head.ts";
import { joinRows } from "../model/join_results.ts";
import type { HostTensor } from "../op/device.ts";
import type { Tensor } from "../op/op.ts";
import { gather } from "../ops/rows.ts";
import { encoderHead } from "./encoder_forward.ts";
import type { EncoderWeights } from "./encoder_weights.ts";

/** Inputs of the program. */
interface RowsInputs {
  readonly batch: Batch;
  readonly rows: HostTensor;
  readonly head: HeadInputs<HostTensor>;
}

/** Logits [R, V] of R rows of a sequence of ids. */
export async function logitsAt<T extends Tensor>(
  weights: EncoderWeights<T>,
  sequence: ArrayLike<number>,
  rows: ArrayLike<number>,
): Promise<HostTensor> {
  const { device, config } = weights;
  const program = weights.program<RowsInputs, readonly HostTensor[]>(
    "logits at rows",
    [sequence],
    ({ batch, rows, head }, tables) => {
      const hidden = gather(device, weights.encode(batch, tables).hidden, rows);
      return encoderHead<T>(device, weights, { hidden }, head).logits;
    },
  );
  const inputs = { rows: packPositions(rows, sequence.length), head: weights.headInputs(rows.length) };
  return joinRows(await program({ batch: packRows([sequence], config), ...inputs }));
}
