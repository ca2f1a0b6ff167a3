/**
 * Initial weights of a training run.
 *
 * @module
 */
import { openDecoder, openEncoder } from "../../checkpoint/open.ts";
import type { Device, HostTensor } from "../../op/device.ts";
import type { DecoderConfig } from "../../model/config/config.ts";
import { type DecoderParams, decoderSchema } from "../../model/decoder_schema.ts";
import type { EncoderConfig } from "../../model/config/encoder_config.ts";
import { type EncoderParams, encoderSchema } from "../../model/encoder_schema.ts";
import { initialize } from "../../model/init.ts";
import { upload } from "../../model/upload.ts";
import type { Tensor } from "../../op/op.ts";
import type { TeacherConfig, TrainedModel, TrainingConfig } from "../config/config.ts";
import type { Teacher } from "../language_model.ts";
import { extendDecoder, extendEncoder } from "../start/extend.ts";
import type { StartingPoint } from "../start/starting_point.ts";
import { startFromTeacher } from "../start/teacher.ts";
import { upTrain } from "../start/up_train.ts";

/** Parameters of a model on the host. */
export type Weights = DecoderParams<HostTensor> | EncoderParams<HostTensor>;

/** Initial weights and their origin. */
export interface Start {
  /** The weights. */
  readonly params: Weights;
  /** Names of copied and random parameters; absent if all are random. */
  readonly from?: Omit<StartingPoint<Weights>, "params">;
}

/** Schema of a model. */
export function schemaOf({ kind, config }: TrainedModel): unknown {
  return kind === "decoder" ? decoderSchema(config) : encoderSchema(config);
}

/**
 * Initial weights of a run: random, or from a checkpoint.
 *
 * Throws when the checkpoint cannot be read, or does not fit the model and the method.
 */
export async function startingWeights({ model, start, seed }: TrainingConfig): Promise<Start> {
  if (!start) return { params: initialize<Weights>(schemaOf(model), seed) };
  const { params, ...from } = model.kind === "decoder"
    ? await startDecoder(start, model.config, seed)
    : await startEncoder(start, model.config, seed);
  return { params, from };
}

type Given = NonNullable<TrainingConfig["start"]>;

async function startDecoder({ from, method }: Given, config: DecoderConfig, seed: number) {
  if (method === "teacher_layers" || method === "teacher_mean") throw wrongKind(method, "encoder");
  const source = await openDecoder(from);
  return method === "copy" ? extendDecoder(source, config, seed) : upTrain(source, config, { method, seed });
}

async function startEncoder({ from, method }: Given, config: EncoderConfig, seed: number) {
  const source = await openEncoder(from);
  if (method === "copy") return extendEncoder(source, config, seed);
  if (method === "teacher_layers") return startFromTeacher(source, config, { method: "layers", seed });
  if (method === "teacher_mean") return startFromTeacher(source, config, { method: "mean", seed });
  throw wrongKind(method, "decoder");
}

function wrongKind(method: string, kind: string): RangeError {
  return new RangeError(`Cannot start by the method ${method}: it is for models of the kind ${kind}`);
}

/** Loads a teacher decoder; its weights stay on the device until the device is closed. */
export async function decoderTeacher<T extends Tensor>(
  device: Device<T>,
  { from, temperature }: TeacherConfig,
): Promise<Teacher<DecoderConfig, DecoderParams<T>>> {
  const { config, params } = await openDecoder(from);
  return { config, params: upload<T, DecoderParams<T>>(device, decoderSchema(config), params), temperature };
}

/** Loads a teacher encoder; its weights stay on the device until the device is closed. */
export async function encoderTeacher<T extends Tensor>(
  device: Device<T>,
  { from, temperature }: TeacherConfig,
): Promise<Teacher<EncoderConfig, EncoderParams<T>>> {
  const { config, params } = await openEncoder(from);
  return { config, params: upload<T, EncoderParams<T>>(device, encoderSchema(config), params), temperature };
}
