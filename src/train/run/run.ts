/**
 * A training run: steps, readings, evaluations and checkpoints, until its end or an abort.
 *
 * @module
 */
import { saveModel } from "../../checkpoint/save.ts";
import type { Tensor } from "../../op/op.ts";
import { liveRows, type TrainingBatch } from "../data/batches.ts";
import { bitsPerByte, Evaluator, type HeldOut } from "../evaluate.ts";
import { DivergenceGuard, findNotFinite } from "../guard.ts";
import { routingStatistics } from "../routing_counter.ts";
import { optimizerOf, scheduleOf } from "../config/derive.ts";
import { learningRate } from "../schedule.ts";
import { Trainer } from "../trainer.ts";
import { checkpointFolder, jsonFiles, saveCheckpoint } from "./checkpoints.ts";
import type { EvaluationRecord, StepRecord } from "./log_lines.ts";
import type { RunEvents, RunParts } from "./parts.ts";

/** Milliseconds of a slow step. Slow steps are read one by one: the wait is relatively short, and an abort takes effect sooner. */
const SLOW = 250;

/** A run on a device. */
export class TrainingRun<T extends Tensor, P> {
  readonly #trainer: Trainer<T, P>;
  readonly #guard: DivergenceGuard;
  readonly #evaluators: [string, Evaluator<T, P>][];
  readonly #seconds: number;
  readonly #started = performance.now();
  #unread = 0;
  #tokens = 0;
  #lastRead = performance.now();
  #slow = false;
  #saved?: number;

  /** Number of updates before this session. */
  readonly first: number;

  /** Copies weights to the device. */
  constructor(readonly parts: RunParts<T, P>) {
    const { device, config, task, from, history = [] } = parts;
    const { log_every: logEvery, checkpoint: remat, bias_rate: biasRate, data: { accumulate } } = config;
    const saved = "state" in from ? from : undefined;
    this.first = saved?.state.step ?? 0;
    this.#seconds = saved?.state.seconds ?? 0;
    this.#saved = saved?.state.step;
    const options = { optimizer: optimizerOf(config), accumulate, logEvery, remat, biasRate };
    this.#trainer = new Trainer(device, task.objective, options, from.params, saved?.optimizer);
    this.#guard = new DivergenceGuard(config.model.config.V);
    for (const line of history) if (line.kind === "step") this.#guard.add(line.losses.lm, line.labels);
    const averaged = this.#trainer.averaged;
    this.#evaluators = Object.entries(task.evaluations).map(([name, objective]) => {
      return [name, new Evaluator(device, objective!, averaged)];
    });
  }

  /**
   * Trains to the end, or saves a checkpoint after the step during which the signal aborts. An aborted evaluation is
   * repeated when the run is resumed.
   *
   * Throws when numbers are not finite or the run diverges, naming step, tensor and the last good checkpoint; and when a
   * file cannot be written.
   */
  async run(signal: AbortSignal, events: RunEvents = {}): Promise<"finished" | "interrupted"> {
    const { steps, log_every: logEvery, save_every: saveEvery, evaluate_every: evaluateEvery } = this.parts.config;
    const due = (every: number, done: number) => every > 0 && done % every === 0 || done === steps;
    const evaluated = this.parts.history?.findLast(({ kind }) => kind === "evaluation")?.step;
    const missed = this.first > 0 && due(evaluateEvery, this.first) && evaluated !== this.first;
    if (missed && !await this.#evaluate(this.first, signal, events)) return "interrupted";
    for (let step = this.first; step < steps; step++) {
      const batches = await this.#batches(step);
      const done = step + 1;
      this.#unread++;
      this.#tokens += batches.reduce((sum, batch) => sum + liveRows(batch), 0);
      const quiet = ![logEvery, saveEvery, evaluateEvery].some((every) => due(every, done));
      if (quiet && !signal.aborted && !this.#slow) {
        this.#trainer.start(step, batches, this.#rate(step));
        await pause();
        continue;
      }
      await this.#read(step, batches, due(logEvery, done), events);
      const evaluated = !due(evaluateEvery, done) || await this.#evaluate(done, signal, events);
      if (due(saveEvery, done) || signal.aborted) await this.#save(done, events);
      await pause();
      if (signal.aborted && (done < steps || !evaluated)) {
        if (this.#saved !== done) await this.#save(done, events);
        return "interrupted";
      }
    }
    return "finished";
  }

  /** Seconds of training so far, all sessions together. */
  get seconds(): number {
    return this.#seconds + (performance.now() - this.#started) / 1000;
  }

  #batches(step: number): Promise<TrainingBatch[]> {
    const { task: { batches }, config: { data: { accumulate } } } = this.parts;
    return Promise.all(Array.from({ length: accumulate }, (_, i) => batches.batch(step * accumulate + i)));
  }

  #rate(step: number): number {
    return learningRate(scheduleOf(this.parts.config), step + 1);
  }

  async #read(step: number, batches: readonly TrainingBatch[], whole: boolean, { onRead }: RunEvents): Promise<void> {
    const { task: { objective }, log } = this.parts;
    const { lines, routing } = await this.#trainer.read(step, batches, this.#rate(step));
    const statistics = whole ? routingStatistics(routing, objective.config, batches) : undefined;
    const routed = statistics?.depth || statistics?.experts;
    const records = lines.map((line): StepRecord => ({
      kind: "step",
      ...line,
      learningRate: this.#rate(line.step),
      ...(routed && line.step === step && { routing: statistics }),
    }));
    await log.write(records);
    onRead?.({ step: step + 1, records, tokens: this.#tokens });
    const now = performance.now();
    this.#slow = (now - this.#lastRead) / this.#unread > SLOW;
    this.#lastRead = now;
    this.#unread = this.#tokens = 0;
    for (const record of records) await this.#check(record);
  }

  /** Throws for a step with numbers that are not finite, or a diverging loss. */
  async #check({ step, labels, losses, gradientNorm }: StepRecord): Promise<void> {
    const { device, task: { objective } } = this.parts;
    if (Number.isFinite(losses.total) && Number.isFinite(gradientNorm)) {
      const worse = this.#guard.add(losses.lm, labels);
      if (!worse) return;
      const [mean, limit] = [worse.mean, worse.limit].map((nats) => nats.toFixed(2));
      throw this.#stopped(step, `the mean loss rose to ${mean} nats, above ${limit}`);
    }
    const found = await findNotFinite(device, objective, this.#trainer.params, step, await this.#batches(step));
    const numbers = `loss ${losses.total}, gradient norm ${gradientNorm}`;
    const what = found
      ? `${found} is not finite`
      : "the step's gradients, all finite on the weights after it, were not";
    throw this.#stopped(step, `${what} (${numbers})`);
  }

  #stopped(step: number, reason: string): Error {
    const { out } = this.parts.config;
    const good = this.#saved === undefined
      ? "there is no checkpoint yet"
      : `the last good checkpoint is ${checkpointFolder(out, this.#saved)}`;
    return new Error(`Cannot go on training: at step ${step + 1} ${reason}; ${good}`);
  }

  /** Evaluates and logs; false, without a record, if the signal aborts. */
  async #evaluate(step: number, signal: AbortSignal, { onEvaluation }: RunEvents): Promise<boolean> {
    const { config: { evaluate_batches: most, objective }, task, texts: { heldOut }, log } = this.parts;
    const results: Record<string, HeldOut> = {};
    for (const [name, evaluator] of this.#evaluators) {
      const measured = await evaluator.evaluate(task.heldOut, { most: most || undefined, signal })
        .catch((error) => {
          if (!signal.aborted) throw error;
        });
      if (!measured) return false;
      const { nats, tokens } = measured;
      const bits = bitsPerByte(nats, tokens, tokens * heldOut.bytes / heldOut.tokens);
      results[name] = { ...measured, ...(objective === "next_token" && { bitsPerByte: bits }) };
    }
    const record: EvaluationRecord = { kind: "evaluation", step, heldOut: results };
    await log.write([record]);
    onEvaluation?.(record);
    return true;
  }

  async #save(step: number, { onSaved }: RunEvents): Promise<void> {
    const { config, settings, form, log, texts } = this.parts;
    await log.sync();
    const { seconds } = this;
    const folder = await saveCheckpoint(config.out, form, {
      params: await this.#trainer.weights(),
      optimizer: await this.#trainer.state(),
      state: { step, log: log.size, seconds, settings, texts: texts.name },
    }, config.keep);
    this.#saved = step;
    onSaved?.(folder);
  }

  /** Writes the model into the run's folder: the moving average of its weights if there is one. */
  async export(): Promise<void> {
    const { config: { out, save_dtype: dtype }, form: { json, schema, tokenizer } } = this.parts;
    const params = await this.#trainer.weights({ averaged: true });
    await saveModel(out, { json, schema, params, dtype, extraFiles: jsonFiles(tokenizer) });
  }

  /** Frees what the trainer holds; the task and the device stay. */
  dispose(): void {
    this.#trainer.close();
  }
}

/** Yields to the event loop, so that signals are delivered. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
