/**
 * Configuration of a training run: model, data, objective, optimizer, schedule and files, from one JSON.
 *
 * @module
 */
import type { DecoderConfig } from "../../model/config/config.ts";
import type { EncoderConfig } from "../../model/config/encoder_config.ts";
import type { Json } from "../../model/config/fields.ts";
import type { RowValues, ValueOf } from "../../model/config/row.ts";
import type { sampleKeys, trainingKeys } from "./keys.ts";

/** The model of a run, with its kind. */
export type TrainedModel =
  & {
    /** The config.json that it was read from. */
    readonly source?: Json;
  }
  & (
    | { readonly kind: "decoder"; readonly config: DecoderConfig }
    | { readonly kind: "encoder"; readonly config: EncoderConfig }
  );

/** Settings of documents that are drawn from a decoder, by the keys of `sampleKeys`. */
export type SampleConfig = { readonly [K in keyof typeof sampleKeys]: ValueOf<typeof sampleKeys[K]> };

/** A source of texts. */
export interface TextSource {
  /** File, folder, glob or package; with `sample` the checkpoint of a decoder. */
  readonly from: string;
  /** How the text is split into documents. */
  readonly documents?: "file" | "blank-lines" | "lines" | { readonly separator: string } | { readonly field: string };
  /** The documents are drawn from the decoder. */
  readonly sample?: SampleConfig;
}

/** Values of the kinds of keys. */
export interface TrainingValues extends RowValues {
  /** A model. */
  readonly model: TrainedModel;
  /** A resolved path. */
  readonly path: string;
  /** A resolved path of a folder with a config.json. */
  readonly checkpoint: string;
  /** A token, or none. */
  readonly token: string | false;
  /** Texts. */
  readonly sources: readonly TextSource[];
  /** A share of the training texts, or other texts. */
  readonly heldOut: { readonly share: number } | { readonly sources: readonly TextSource[] };
  /** A folder with a tokenizer.json, or the vocabulary size of one to train; `fewer` where the texts may give less. */
  readonly tokenizer: { readonly path: string } | { readonly train: number; readonly fewer?: true };
}

/** The keys of an object of the JSON, of the configuration itself for "". */
export type TrainingSection<S extends string> = {
  readonly [K in keyof typeof trainingKeys as NameIn<S, K>]: ValueOf<typeof trainingKeys[K], TrainingValues>;
};

/** The name of a dotted key in an object; never for keys of others. */
export type NameIn<S extends string, K extends string> = K extends `${infer Section}.${infer Name}`
  ? Section extends S ? Name : never
  : S extends "" ? K
  : never;

/** Texts, tokenizer, and the shape of batches. */
export type DataConfig = TrainingSection<"data">;
/** Initial weights from a checkpoint. */
export type StartConfig = TrainingSection<"start">;
/** Initialisation of weights from a checkpoint. */
export type StartMethod = StartConfig["method"];
/** Knowledge distillation from another model. */
export type TeacherConfig = TrainingSection<"teacher">;

/** A training run, by the keys of its JSON, which `trainingKeys` describes. */
export type TrainingConfig =
  & TrainingSection<"">
  & { readonly [S in "data" | "optimizer" | "schedule" | "losses"]: TrainingSection<S> }
  & { readonly start?: StartConfig; readonly teacher?: TeacherConfig };
