/** Loads the model of a `--model` flag, of either kind, with progress. */
import { type Decoder, Encoder, loadModel as load } from "../../mod.ts";
import { readJson } from "../../src/checkpoint/json.ts";
import { listNames } from "../../src/checkpoint/messages.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";
import { decoderSchema } from "../../src/model/decoder_schema.ts";
import { encoderSchema } from "../../src/model/encoder_schema.ts";
import { unknownKeys } from "../../src/model/config/keys/keep.ts";
import { isEncoderJson } from "../../src/model/config/keys/tables.ts";
import { countParameters } from "../../src/model/parameters.ts";
import type { DecoderModel } from "../../src/infer/decoder.ts";
import type { EncoderModel } from "../../src/infer/encoder.ts";
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import { note } from "./command.ts";
import { openChosenDevice, type Opened } from "./device.ts";
import { objectOf } from "./flags.ts";
import { bytesText, Progress, secondsText } from "./progress.ts";

/** The flag that names a checkpoint. */
export const modelFlag = {
  model: {
    value: "DIR",
    help: "checkpoint: a folder, a URL, or a model of the Hub (owner/name@revision)",
    required: true,
  },
} as const;

/** The flag for checkpoints without recursion settings. */
export const recursionFlag = {
  recursion: { value: "JSON", help: "the recursion of config.json, for checkpoints of the MoR authors' trainer" },
} as const;

/** Flags of commands that load a model. */
interface Flags {
  readonly model: string;
  /** Name of a device, or an open device. */
  readonly device?: string | Opened;
  readonly recursion?: string;
}

/** A loaded model: `owner` closes and saves it. */
export type Loaded =
  & { readonly opened: Opened; readonly name: string }
  & (
    | { readonly kind: "decoder"; readonly owner: Decoder; readonly model: DecoderModel }
    | { readonly kind: "encoder"; readonly owner: Encoder; readonly model: EncoderModel }
  );

/** Loads a decoder or an encoder. */
export async function loadModel(flags: Flags): Promise<Loaded>;
/** Loads a model of the wanted kind. Throws for the other kind. */
export async function loadModel<K extends Loaded["kind"]>(
  flags: Flags,
  wanted: K,
): Promise<Extract<Loaded, { kind: K }>>;
export async function loadModel(flags: Flags, wanted?: Loaded["kind"]): Promise<Loaded> {
  const recursion = flags.recursion === undefined ? undefined : objectOf("recursion", flags.recursion);
  const { device } = flags;
  const opened = typeof device === "object" ? device : await openChosenDevice(device);
  const json = await readJson(openSource(flags.model));
  const kind = isEncoderJson(json) ? "encoder" : "decoder";
  if (wanted && kind !== wanted) {
    throw new Error(`Cannot load ${flags.model}: expected a model of the kind ${wanted}, it is of the kind ${kind}`);
  }
  if (recursion && kind === "encoder") throw new Error(`Cannot load ${flags.model}: an encoder takes no --recursion`);
  const name = flags.model.replace(/[\\/]+$/, "").split(/[\\/]/).pop() || flags.model;
  const progress = new Progress(`Loading ${name}`, "bytes");
  let bytes = 0;
  const onProgress = ({ loaded, total }: { loaded: number; total: number }) => {
    bytes = loaded;
    progress.update(loaded, total);
  };
  const options = { device: opened.device, onProgress };
  const owner = await load(flags.model, { ...options, recursion });
  const loaded: Loaded = owner instanceof Encoder
    ? { kind: "encoder", opened, name, owner, model: owner.model }
    : { kind: "decoder", opened, name, owner, model: owner.model };
  const size = `${parametersOf(loaded).toLocaleString("en")} parameters, ${bytesText(bytes)}`;
  const unknown = unknownKeys(json);
  if (unknown.length) note(`Without meaning here: ${listNames(unknown)} of its config.json`);
  note(`Loaded ${name}: ${kind}, ${size} in ${secondsText(progress.seconds)}; device: ${opened.label}`);
  return loaded;
}

/** Runs a body with a model, or anything else that is open, and closes it whether the body fails or not. */
export async function closing<C extends { close(): Promise<void> }, R>(
  open: C,
  body: (open: C) => Promise<R>,
): Promise<R> {
  try {
    return await body(open);
  } finally {
    await open.close();
  }
}

/** Throws unless the model has a tokenizer. */
export function demandTokenizer({ model, name }: Loaded): Tokenizer {
  if (model.tokenizer) return model.tokenizer;
  throw new Error(`Cannot read text: ${name} has no tokenizer.json; give token ids with --ids "1 2 3"`);
}

/** Number of parameters. */
export function parametersOf({ kind, model }: Loaded): number {
  return countParameters(kind === "decoder" ? decoderSchema(model.config) : encoderSchema(model.config));
}
