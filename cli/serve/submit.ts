/** Submission of a request's completions to the engine of its model. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { ShortageError } from "../../src/op/device.ts";
import type { Generation } from "../../src/infer/engine/api.ts";
import type { GenerateOptions } from "../../src/infer/generate_options.ts";
import type { Exchange } from "./exchange.ts";
import { admit, type ServedDecoder, type Service } from "./service.ts";

/** Prompts, and how they are continued. */
export interface Submission {
  /** Ids of each prompt. */
  readonly prompts: readonly (readonly number[])[];
  /** Completions of each prompt. */
  readonly n: number;
  /** The first completion's seed, the next ones follow it; random if undefined. */
  readonly seed?: number;
  /** Sampling options. */
  readonly options: GenerateOptions;
}

/** A random seed, for requests without one. */
const anySeed = () => crypto.getRandomValues(new Uint32Array(1))[0] & 0x7fffffff;

/** Throws a Refusal, as {@link admit} does, unless a model can take so many more completions. */
export function admitAll(service: Service, { engine }: ServedDecoder, completions: number): void {
  const { running, waiting } = engine.status();
  admit(service, running + waiting, completions);
}

/**
 * Submits all completions of a request, or none: those of the first prompt, then those of the next. Throws as `submit`
 * does, with the number of the prompt.
 */
export function submitAll(service: Service, model: ServedDecoder, submission: Submission): Generation[] {
  const { prompts, n, options, seed: first = anySeed() } = submission;
  const generations: Generation[] = [];
  try {
    for (let index = 0; index < prompts.length * n; index++) {
      const seed = (first + index) & 0x7fffffff;
      generations.push(model.engine.submit(prompts[Math.floor(index / n)], { ...options, seed }));
    }
    return generations;
  } catch (error) {
    cancelAll(generations);
    if (!(error instanceof RangeError)) {
      if (!(error instanceof ShortageError)) service.health.fault ??= reasonOf(error); // it accepts no further requests
      throw error;
    }
    const which = prompts.length > 1
      ? `, at prompt ${Math.floor(generations.length / n) + 1} of ${prompts.length}`
      : "";
    throw new RangeError(`${error.message}${which}`, { cause: error });
  }
}

/** Cancels running completions, which frees their slots. */
export function cancelAll(generations: readonly Generation[]): void {
  for (const generation of generations) generation.cancel();
}

/** Ends completions, and records their tokens and the time that they waited. */
export function endAll(generations: readonly Generation[], exchange: Exchange, model: string): void {
  cancelAll(generations);
  exchange.newTokens = usageOf(generations, 1).completion_tokens;
  for (const { queueMs } of generations) {
    if (queueMs !== undefined) exchange.metrics.queued(model, queueMs / 1000);
  }
}

/** Tokens of the prompts, each counted once, and of the completions. */
export function usageOf(generations: readonly Generation[], n: number) {
  const sum = (numbers: number[]) => numbers.reduce((total, count) => total + count, 0);
  const prompt_tokens = sum(generations.filter((_, i) => i % n === 0).map(({ promptTokens }) => promptTokens));
  const completion_tokens = sum(generations.map(({ newTokens }) => newTokens));
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
