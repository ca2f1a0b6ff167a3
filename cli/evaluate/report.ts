/** Results and samples in the form of lm-evaluation-harness, and a table of them. */
import { table } from "../support/table.ts";
import type { Item, Task } from "./items.ts";
import { exponential, itemMetrics, type Metric, type Metrics, ratio, taskMetrics } from "./metrics.ts";
import type { Ran } from "./run.ts";

/** The results of a task under one selection, which stands where lm-evaluation-harness has the name of a filter. */
export interface Result {
  /** Name of the task. */
  readonly task: string;
  /** `none`, or the selection of a routed model. */
  readonly filter: string;
  /** Metrics by name. */
  readonly metrics: Metrics;
  /** Lines of the samples, where the task has documents. */
  readonly samples: readonly unknown[];
  /** Documents that were evaluated, and those of the file. */
  readonly effective: number;
  readonly original: number;
}

/** Python's words, as logged samples have them. */
const flagText = (flag: boolean) => flag ? "True" : "False";

/** A sample as lm-evaluation-harness logs it. */
function sampleOf(
  { id, doc, pairs, gold }: Item,
  { answers }: Ran,
  filter: string,
  metrics: Readonly<Record<string, number>>,
): unknown {
  const responses = answers.map(({ logProb, greedy }) => [String(logProb), flagText(greedy)]);
  const list = pairs.map(([context, continuation], i) =>
    [`gen_args_${i}`, { arg_0: context, arg_1: continuation }] as const
  );
  return {
    doc_id: id,
    doc,
    target: gold ?? pairs[0][1],
    arguments: Object.fromEntries(list),
    resps: responses.map((one) => [one]),
    filtered_resps: responses,
    filter,
    metrics: Object.keys(metrics),
    ...metrics,
  };
}

/** Mean recursions of a token, and the tokens that were removed from contexts. */
function runMetrics(ran: readonly Ran[], routed: boolean): Metrics {
  const cut = ran.reduce((sum, { cutTokens }) => sum + cutTokens, 0);
  return {
    ...(routed && { depth: ratio(ran.map(({ depths }) => depths), ran.map(({ tokens }) => tokens)) }),
    ...(cut > 0 && { cut_tokens: { value: cut } }),
  };
}

/** The result of a task that ran. */
export function resultOf(
  { name: task, kind, items, original }: Task,
  ran: readonly Ran[],
  { filter, routed }: { readonly filter: string; readonly routed: boolean },
): Result {
  const each = items.map((item, i) => itemMetrics(item, kind, ran[i].answers));
  return {
    ...{ task, filter, original, effective: items.length },
    metrics: { ...taskMetrics(kind, items, each), ...runMetrics(ran, routed) },
    samples: items.map((item, i) => sampleOf(item, ran[i], filter, each[i])),
  };
}

const LOWER = ["word_perplexity", "byte_perplexity", "perplexity", "bits_per_byte"];
const HIGHER = ["acc", "acc_norm"];

/** Entries of `results`: `metric,filter` and `metric_stderr,filter`, "N/A" where there is no error. */
function entriesOf({ metrics, filter }: Result): [string, number | string][] {
  return Object.entries(metrics).flatMap(([name, { value, stderr }]) => [
    [`${name},${filter}`, value],
    [`${name}_stderr,${filter}`, stderr ?? "N/A"],
  ]);
}

/** All results as one object. */
export function resultsJson(results: readonly Result[], config: Readonly<Record<string, unknown>>): unknown {
  const tasks = [...new Set(results.map(({ task }) => task))];
  const byTask = <V>(of: (own: readonly Result[]) => V) =>
    Object.fromEntries(tasks.map((task) => [task, of(results.filter((one) => one.task === task))]));
  return {
    results: byTask((own) => ({ alias: own[0].task, ...Object.fromEntries(own.flatMap(entriesOf)) })),
    higher_is_better: byTask(([{ metrics }]) =>
      Object.fromEntries(
        Object.keys(metrics).filter((name) => [...LOWER, ...HIGHER].includes(name))
          .map((name) => [name, HIGHER.includes(name)]),
      )
    ),
    "n-samples": byTask(([{ original, effective }]) => ({ original, effective })),
    config,
  };
}

/** Metrics that are whole numbers. */
const COUNTS = ["tokens", "bytes", "cut_tokens"];

/** Lines of a table of all results. */
export function resultLines(results: readonly Result[]): string[] {
  const rows = results.flatMap(({ task, filter, metrics }) =>
    Object.entries(metrics).map(([name, metric]) => {
      const value = COUNTS.includes(name) ? String(metric.value) : metric.value.toFixed(4);
      return [task, filter, name, value, metric.stderr === undefined ? "" : metric.stderr.toFixed(4)];
    })
  );
  return table([["task", "filter", "metric", "value", "stderr"], ...rows]);
}

/** A metric times an exact factor. */
function scaled({ value, stderr }: Metric, factor: number): Metric {
  return { value: value * factor, ...(stderr !== undefined && { stderr: stderr * factor }) };
}

/** Metrics of one whole text: its windows, each of `stride` tokens, are the sample of the errors. */
export function textMetrics(
  logProbs: Float64Array,
  { bytes, depth, routed, stride }: { bytes: number; depth: number; routed: boolean; stride: number },
): Metrics {
  const parts = Array.from(
    { length: Math.ceil(logProbs.length / stride) },
    (_, i) => logProbs.subarray(i * stride, (i + 1) * stride),
  );
  const nats = parts.map((part) => -part.reduce((sum, one) => sum + one, 0));
  const perToken = ratio(nats, parts.map(({ length }) => length));
  return {
    bits_per_byte: scaled(perToken, logProbs.length / bytes / Math.LN2),
    perplexity: exponential(perToken),
    tokens: { value: logProbs.length },
    bytes: { value: bytes },
    ...(routed && { depth: { value: depth } }),
  };
}
