/** Opens the parts of a run: device, texts, initial weights, log. */
import { homedir } from "node:os";
import process from "node:process";
import { countParameters } from "../../src/model/parameters.ts";
import type { Tensor } from "../../src/op/op.ts";
import type { Saved } from "../../src/train/run/checkpoints.ts";
import { TrainingLog } from "../../src/train/run/log.ts";
import { TrainingRun } from "../../src/train/run/run.ts";
import { schemaOf, startingWeights } from "../../src/train/run/start.ts";
import { type Marks, openTask } from "../../src/train/run/task.ts";
import type { TrainingConfig } from "../../src/train/config/config.ts";
import { markTokens } from "../../src/train/config/derive.ts";
import { type Corpus, prepareCorpus } from "../data/corpus.ts";
import { interruptible, note } from "../support/command.ts";
import { openChosenDevice, type Opened } from "../support/device.ts";
import { Progress, secondsText } from "../support/progress.ts";
import { counted } from "../support/table.ts";
import { readableLines } from "../support/training_log.ts";
import type { ConfigFile } from "./config_file.ts";
import { generationFile, runModelJson } from "./model_files.ts";
import { LOG } from "./out.ts";

/** An open run. */
export interface OpenRun extends Disposable {
  /** The run. */
  readonly training: TrainingRun<Tensor, unknown>;
}

/** Opens a run, from its beginning or from a checkpoint. Throws one line. */
export async function openRun({ config, settings }: ConfigFile, saved?: Saved<unknown>): Promise<OpenRun> {
  const opened = await openChosenDevice(config.device), { device, label } = opened;
  const corpus = await openTexts(config, opened);
  const name = corpus.folder.split(/[\\/]/).pop()!;
  if (saved && saved.state.texts !== name) {
    throw new Error(`Cannot resume ${config.out}: the content of its texts has changed since`);
  }
  const { train, heldOut } = corpus;
  const marks = config.objective === "masked" ? marksOf(corpus, config) : undefined;
  const texts = { train, heldOut, marks, name };
  const task = await openTask<Tensor, unknown>(device, config, texts);
  const from = saved ?? await start(config);
  const schema = schemaOf(config.model);
  const json = runModelJson(config, corpus);
  const tokenizer = { ...corpus.tokenizerFiles, ...await generationFile(config, json) };
  const form = { schema, json, tokenizer, averaged: config.optimizer.average > 0 };
  const log = await TrainingLog.open(`${config.out}/${LOG}`, saved?.state.log ?? 0);
  if (log.lost) {
    note(`WARNING: ${log.path} is ${counted(log.lost, "byte")} shorter than when the checkpoint was written`);
  }
  const history = readableLines(await log.text(), log.path);
  const training = new TrainingRun({ device, config, settings, task, texts, form, log, history, from });
  note(
    `Training ${countParameters(schema).toLocaleString("en")} parameters on ${label}: ` +
      `steps ${training.first} to ${config.steps}, ${task.batches.batches.toLocaleString("en")} batches an epoch`,
  );
  return {
    training,
    [Symbol.dispose]() {
      log[Symbol.dispose]();
      corpus[Symbol.dispose]();
    },
  };
}

/** Folder of prepared texts. */
function cacheFolder(): string {
  const home = homedir();
  return `${process.env.XDG_CACHE_HOME ?? (home ? `${home}/.cache` : ".cache")}/refrain`;
}

async function openTexts({ data, objective, seed }: TrainingConfig, device: Opened): Promise<Corpus> {
  const { train: sources, held_out: heldOut, end_of_text: endOfText } = data;
  const { mask, begin, end } = markTokens(data);
  const special = objective === "masked" ? [mask, begin, end].filter((token) => token !== undefined) : [];
  const around = objective === "masked" ? { mask, begin, end } : { begin: endOfText };
  const tokenizer = "path" in data.tokenizer ? data.tokenizer : { ...data.tokenizer, special, ...around };
  const cacheDir = cacheFolder(), framed = objective !== "masked"; // masked windows get their own marks
  const started = performance.now();
  const bars = new Map<string, Progress>();
  const corpus = await interruptible((signal) =>
    prepareCorpus(
      { sources, heldOut, tokenizer, endOfText, framed, seed, cacheDir, device },
      ({ label, loaded, total }) => {
        if (!bars.has(label)) bars.set(label, new Progress(label, "bytes"));
        bars.get(label)!.update(loaded, total);
      },
      signal,
    )
  );
  const sizes = [corpus.train, corpus.heldOut].map(({ tokens }) => tokens.toLocaleString("en"));
  const took = secondsText((performance.now() - started) / 1000);
  note(
    `Texts: ${sizes[0]} tokens, ${sizes[1]} held out, ${
      corpus.bytesPerToken.toFixed(2)
    } bytes a token; ready in ${took}`,
  );
  return corpus;
}

/** Special ids of masked batches. */
function marksOf(
  { tokenId, special }: Corpus,
  { data }: TrainingConfig,
): Marks {
  const { mask, begin, end } = markTokens(data);
  return {
    mask: tokenId(mask),
    begin: begin === undefined ? undefined : tokenId(begin),
    end: end === undefined ? undefined : tokenId(end),
    special,
  };
}

async function start(config: TrainingConfig): Promise<{ params: unknown }> {
  const { params, from } = await startingWeights(config);
  if (from) {
    note(`From ${config.start!.from}: ${from.copied.length} tensors copied, ${from.fresh.length} fresh`);
    for (const line of from.notes) note(line);
  }
  return { params };
}
