/** The demo's two models as one kind of thing: something that runs on a device and can be traced. */
import type { Device } from "../../src/device.ts";
import { describeSharing } from "../../src/model/decoder_json.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { countParameters } from "../../src/model/parameters.ts";
import { DecoderModel } from "../../src/run/decoder.ts";
import { EncoderModel } from "../../src/run/encoder.ts";
import type { Tokenizer } from "../../src/run/tokenizer.ts";
import type { Result } from "./demo_compare.ts";
import { demoDecoder, demoEncoder } from "./demo_models.ts";
import { type Trace, traceDecoder, traceEncoder } from "./trace.ts";

/** A model on a device. */
export interface Placed {
  /** One forward pass over the text. */
  readonly forward: () => Promise<Result>;
  /** The picture of one. */
  readonly trace: () => Promise<Trace>;
}

/** A model that can be put on devices. */
export interface Subject {
  /** What it is. */
  readonly name: string;
  /** What of its results is compared. */
  readonly values: string;
  /** Copies its weights to a device. */
  readonly on: (device: Device) => Placed;
}

const words = (schema: unknown) => `${countParameters(schema).toLocaleString("en")} parameters`;

/** The Mixture-of-Recursions decoder over a text. */
export function decoderSubject(tokenizer: Tokenizer & { size: number }, ids: readonly number[]): Subject {
  const { config, params } = demoDecoder(tokenizer.size);
  const name = "Mixture-of-Recursions decoder";
  const experts = `${config.mol!.k} of ${config.mol!.E} LoRA experts in layers ${config.mol!.layers.join(" and ")}`;
  const what = `${describeSharing(config)}, ${experts}, ${words(decoderSchema(config))}`;
  const on = (device: Device): Placed => {
    const model = new DecoderModel(device, config, params, tokenizer);
    return {
      forward: async () => {
        const { logits, depth, experts } = await model.forward([ids], { logits: true });
        return { values: logits!.data, depth, experts };
      },
      trace: () => traceDecoder(model, ids, { model: name, what }),
    };
  };
  return { name, values: "logits", on };
}

/** The ModernALBERT encoder over a text. */
export function encoderSubject(tokenizer: Tokenizer & { size: number }, ids: readonly number[]): Subject {
  const { config, params } = demoEncoder(tokenizer.size);
  const { L, groupDepth, mol } = config;
  const name = "ModernALBERT encoder";
  const experts = `${mol!.k} of ${mol!.E} LoRA experts in groups ${mol!.layers.join(" and ")}`;
  const what = `${L} layers in groups of ${groupDepth}, ${experts}, ${words(encoderSchema(config))}`;
  const on = (device: Device): Placed => {
    const model = new EncoderModel(device, config, params, tokenizer);
    return {
      forward: async () => {
        const { hidden, experts } = await model.forward([ids]);
        return { values: hidden.data, depth: [], experts };
      },
      trace: () => traceEncoder(model, ids, { model: name, what }),
    };
  };
  return { name, values: "hidden states", on };
}
