/**
 * The quantities of a model, by their names in golden folders.
 *
 * @module
 */
import type { Device, HostTensor, HostTensors } from "../../src/op/device.ts";
import type { DecoderConfig } from "../../src/model/config/config.ts";
import type { DecoderParams } from "../../src/model/decoder_schema.ts";
import type { EncoderConfig } from "../../src/model/config/encoder_config.ts";
import type { EncoderParams } from "../../src/model/encoder_schema.ts";
import { decoderQuantities } from "./decoder.ts";
import { encoderQuantities } from "./encoder.ts";
import type { Task } from "./task.ts";

/** Configuration and weights of either kind of model. */
export type Model =
  | { readonly kind: "decoder"; readonly config: DecoderConfig; readonly params: DecoderParams<HostTensor> }
  | { readonly kind: "encoder"; readonly config: EncoderConfig; readonly params: EncoderParams<HostTensor> };

/**
 * All quantities of a model for a task.
 *
 * With `greedy` a decoder generates by itself; without, its logits are those along the recorded ids.
 */
export function quantitiesOf(device: Device, model: Model, task: Task, greedy: boolean): Promise<HostTensors> {
  return model.kind === "decoder"
    ? decoderQuantities(device, model, task, greedy)
    : encoderQuantities(device, model, task);
}
