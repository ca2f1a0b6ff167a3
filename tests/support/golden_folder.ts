/**
 * Golden folders of our own: a random model with what the definition computes in double precision, stored as recorded.
 *
 * @module
 */
import { CACHED_LOGITS } from "../../cli/conformance/cached.ts";
import { quantitiesOf } from "../../cli/conformance/model.ts";
import { padded, type Task } from "../../cli/conformance/task.ts";
import { saveModel } from "../../src/checkpoint/save.ts";
import { encodeSafetensors, type TensorToWrite } from "../../src/checkpoint/write.ts";
import type { HostTensor } from "../../src/op/device.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { ReferenceDevice } from "../../reference/mod.ts";
import { build, type Sample } from "./random_models.ts";

/** Recorded values by name, to be changed before they are written. */
export type Recorded = Record<string, HostTensor>;

const folders: string[] = [];
globalThis.addEventListener("unload", () => folders.forEach((folder) => Deno.removeSync(folder, { recursive: true })));

/** Rows of sequences as one padded tensor of integers. */
function inputs(lists: readonly (readonly number[])[], width: number): HostTensor {
  return padded({ shape: [0], data: Int32Array.from(lists.flat()) }, lists, width);
}

/** Writes a golden folder for a sample, with values changed on the way, and returns its path. */
export async function writeGolden(sample: Sample, change: (recorded: Recorded) => void = () => {}): Promise<string> {
  const { model, task } = build(sample);
  const prompt = 3;
  const ids = task.sequences.map((sequence) => [...sequence.slice(0, prompt), 0, 0, 0, 0]);
  const asked: Task = model.kind === "decoder" ? { ...task, continuation: { prompt, ids } } : task;
  const exact = await quantitiesOf(new ReferenceDevice("f64"), model, asked, true);
  const recorded: Recorded = { ...exact, input_ids: inputs(task.sequences, task.width) };
  recorded.attention_mask = inputs(task.sequences.map((sequence) => sequence.map(() => 1)), task.width);
  if (model.kind === "encoder") recorded.labels = inputs(task.labels!, task.width);
  else recorded["generate.prompt_length"] = { shape: [1], data: Int32Array.of(prompt) };
  delete recorded[CACHED_LOGITS]; // the same as infer.logits
  change(recorded);
  const folder = await Deno.makeTempDir();
  folders.push(folder);
  const schema = model.kind === "decoder" ? decoderSchema(model.config) : encoderSchema(model.config);
  await saveModel(folder, { json: sample.json, schema, params: model.params });
  const tensors = Object.entries(recorded).map(([name, { shape, data }]): TensorToWrite => ({
    name,
    shape,
    data: data instanceof Int32Array ? data : Float32Array.from(data),
  }));
  const parts = encodeSafetensors(tensors) as BlobPart[];
  await Deno.writeFile(`${folder}/expected.safetensors`, new Uint8Array(await new Blob(parts).arrayBuffer()));
  return folder;
}
