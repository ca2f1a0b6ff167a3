/**
 * How known models fit into the binding size of an adapter.
 *
 * @module
 */
import { partRows } from "../../kernels/host/parts.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { decoderColumns, encoderColumns, rowsAtOnce } from "../../src/model/groups.ts";
import { parametersOf } from "../../src/model/parameters.ts";
import { decoderPreset, encoderPreset, encoderPresetNames } from "../../src/model/config/presets.ts";
import { sizeOf } from "../../src/op/op.ts";

/** Fit of a model. */
export interface Fit {
  /** Name of its preset. */
  readonly model: string;
  /** Bytes of its largest tensor. */
  readonly largest: number;
  /** Number of tensors in row parts, and parts of the largest one. */
  readonly split: number;
  readonly parts: number;
  /** Whether every tensor can be bound, whole or in parts. */
  readonly runs: boolean;
  /** Maximum number of tokens of a pass; more run in several passes. */
  readonly tokens: number;
}

function fitOf(model: string, schema: unknown, columns: number, most: number): Fit {
  const shapes = parametersOf(schema).map(({ shape }) => shape).sort((a, b) => sizeOf(b) - sizeOf(a));
  const large = shapes.filter((shape) => 4 * sizeOf(shape) > most);
  return {
    model,
    largest: 4 * sizeOf(shapes[0]),
    split: large.length,
    parts: partRows(shapes[0], most).length,
    runs: large.every((shape) => shape.length === 2 && 4 * shape[1] <= most),
    tokens: rowsAtOnce({ maxTensorBytes: most }, columns),
  };
}

/** Fits of the papers' models on a device with a maximum binding size. */
export function fits(maxBindingBytes: number): Fit[] {
  const decoders = ["smollm-135m", "smollm-360m"].map((name) => {
    const config = decoderPreset(name);
    return fitOf(name, decoderSchema(config), decoderColumns(config), maxBindingBytes);
  });
  const encoders = encoderPresetNames.map((name) => {
    const config = encoderPreset(name);
    return fitOf(name, encoderSchema(config), encoderColumns(config), maxBindingBytes);
  });
  return [...decoders, ...encoders];
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

/** The fits in words, a line a model. */
export function fitLines(maxBindingBytes: number): string[] {
  const lines = fits(maxBindingBytes).map(({ model, largest, split, parts, runs, tokens }) => {
    const how = !runs
      ? "does not run: a tensor cannot be cut by rows"
      : split === 0
      ? "every tensor in one binding"
      : `${split} tensor${split > 1 ? "s" : ""} in row parts, the largest in ${parts}`;
    return `  ${model.padEnd(36)}${megabytes(largest).padStart(7)}  ${how}; ${tokens} tokens at once`;
  });
  return [
    `A binding holds ${megabytes(maxBindingBytes)}; larger matrices of weights are held as parts of rows:`,
    ...lines,
  ];
}
