// Reads a Dense module: a projection of pooled vectors.
import type { ActivationKind } from "../op/kinds.ts";
import { hostTensor } from "../op/device.ts";
import { Fields } from "../model/config/fields.ts";
import type { DenseStep } from "../model/config/sentence.ts";
import { refuseInfinite } from "./finite.ts";
import type { TensorEntry } from "./header.ts";
import { readJson } from "./json.ts";
import { quote } from "./messages.ts";
import { readHeader, readTensor } from "./safetensors.ts";
import type { Source } from "./source.ts";

/** Activations by the last part of torch's names. */
const ACTIVATIONS: Readonly<Record<string, ActivationKind | undefined>> = {
  Identity: undefined,
  Tanh: "tanh",
  ReLU: "relu",
  GELU: "gelu",
  SiLU: "silu",
  Sigmoid: "sigmoid",
};

/**
 * Reads a Dense module, whose input has `width` numbers.
 *
 * @throws naming the file for other widths, unknown activations, pickled weights and tensors that do not fit
 */
export async function readDense(source: Source, path: string, width: number): Promise<DenseStep> {
  const [config, weights] = [`${path}/config.json`, `${path}/model.safetensors`];
  const action = `read the modules of ${source.name}`;
  const fields = new Fields(await readJson(source, config), config, action);
  const [I, O] = [fields.count("in_features"), fields.count("out_features")];
  fields.check(I === width, () => `${config}.in_features is ${I}, the vectors before it have ${width} numbers`);
  const bias = fields.flag("bias", true);
  const name = fields.text("activation_function") ?? "torch.nn.modules.activation.Tanh";
  const last = /^torch\.nn\.(?:modules\.(?:activation|linear)\.)?(\w+)$/.exec(name)?.[1] ?? "";
  const known = Object.keys(ACTIVATIONS);
  fields.check(known.includes(last), () => {
    return `${config}.activation_function is ${quote(name)}, expected torch's ${known.join(", ")}`;
  });
  for (const key of ["module_input_name", "module_output_name"]) fields.only(key, "sentence_embedding");
  fields.only("use_residual", false);
  fields.noOthers();
  if (!await source.has(weights) && await source.has(`${path}/pytorch_model.bin`)) {
    throw new Error(`Cannot ${action}: ${path}/pytorch_model.bin is a pickle, expected ${weights}`);
  }
  const { entries } = await readHeader(source, weights);
  const read = async (entry: TensorEntry | undefined, name: string, shape: readonly number[]) => {
    const found = entry ? `has shape [${entry.shape}]` : "is missing";
    if (entry?.shape.join() !== shape.join()) {
      throw new Error(`Cannot ${action}: ${name} of ${weights} ${found}, expected [${shape}]`);
    }
    const numbers = await readTensor(source, entry, "f32");
    refuseInfinite(entry, numbers);
    return hostTensor(shape, numbers);
  };
  const find = (name: string) => entries.find((entry) => entry.name === name);
  const names = bias ? ["linear.weight", "linear.bias"] : ["linear.weight"];
  const other = entries.find((entry) => !names.includes(entry.name));
  if (other) throw new Error(`Cannot ${action}: ${weights} has ${quote(other.name)}, expected ${names.join(", ")}`);
  return {
    weight: await read(find("linear.weight"), "linear.weight", [O, I]),
    bias: bias ? await read(find("linear.bias"), "linear.bias", [O]) : undefined,
    activation: ACTIVATIONS[last],
  };
}
