/** Runs a task on a decoder: the answers of every document, and what their rows did. */
import type { DecoderModel } from "../../src/infer/decoder.ts";
import { perplexity } from "../../src/infer/score/perplexity.ts";
import { fittedSequence, sumOf } from "../../src/infer/score/score.ts";
import { continuationIds } from "../../src/infer/score/scored_texts.ts";
import { Progress } from "../support/progress.ts";
import { breathe } from "../support/command.ts";
import type { Item, Task } from "./items.ts";
import type { Answer } from "./metrics.ts";

/** How a model runs. */
export interface Running {
  /** Rows of expert-choice recursions. */
  readonly selection?: "threshold" | "topk";
  /** Tokens of a request, or of a window, at most. */
  readonly maxLength: number;
  /** Tokens between the starts of two windows. */
  readonly stride?: number;
  /** Ends the run. */
  readonly signal: AbortSignal;
}

/** What the requests of a document gave. */
export interface Ran {
  /** One a request. */
  readonly answers: readonly Answer[];
  /** Scored tokens. */
  readonly tokens: number;
  /** Recursions that chose them, in all. */
  readonly depths: number;
  /** Tokens removed from contexts. */
  readonly cutTokens: number;
}

/** Requests that are encoded and run at once. */
const TOGETHER = 256;

/** The whole text of a document, in windows. */
async function rolling(model: DecoderModel, { pairs: [[, text]] }: Item, { maxLength, ...how }: Running): Promise<Ran> {
  const { logProb, tokens, depth, bytes } = await perplexity(model, text, { maxLength: maxLength - 1, ...how });
  return { answers: [{ logProb, greedy: false, bytes }], tokens, depths: depth * tokens, cutTokens: 0 };
}

/** Continuations of some documents together. */
async function scored(model: DecoderModel, items: readonly Item[], { maxLength, ...how }: Running): Promise<Ran[]> {
  const requests = items.flatMap(({ id, pairs }) =>
    pairs.map(([context, continuation], i) => {
      const name = `continuation ${i + 1} of document ${id + 1}`;
      const whole = continuationIds(model, context, continuation, name);
      const sequence = fittedSequence(whole, maxLength, { truncate: "start" }, name);
      return { sequence, cutTokens: whole.from - sequence.from };
    })
  );
  const scores = await model.tokenScores(requests.map(({ sequence }) => sequence), how);
  let at = 0;
  return items.map(({ pairs: { length } }) => {
    const own = scores.slice(at, at + length), cut = requests.slice(at, at += length);
    return {
      answers: own.map(({ logProbs, greedy }) => ({ logProb: sumOf(logProbs), greedy: greedy.every(Boolean) })),
      tokens: own.reduce((sum, { logProbs }) => sum + logProbs.length, 0),
      depths: own.reduce((sum, { depths }) => sum + sumOf(depths), 0),
      cutTokens: cut.reduce((sum, { cutTokens }) => sum + cutTokens, 0),
    };
  });
}

/** Documents of a task in groups of at most {@link TOGETHER} requests, one of a rolling task. */
function* groups({ kind, items }: Task): Generator<Item[]> {
  let group: Item[] = [], requests = 0;
  for (const item of items) {
    group.push(item);
    requests += item.pairs.length;
    if (kind !== "loglikelihood_rolling" && requests < TOGETHER) continue;
    yield group;
    [group, requests] = [[], 0];
  }
  if (group.length > 0) yield group;
}

/** Runs all documents of a task. Throws the signal's reason once it is aborted. */
export async function runTask(model: DecoderModel, task: Task, how: Running): Promise<Ran[]> {
  const progress = new Progress(`Evaluating ${task.name}`, "texts"), all: Ran[] = [];
  for (const group of groups(task)) {
    how.signal.throwIfAborted();
    if (task.kind === "loglikelihood_rolling") all.push(await rolling(model, group[0], how));
    else all.push(...await scored(model, group, how));
    progress.update(all.length, task.items.length);
    await breathe();
  }
  return all;
}
