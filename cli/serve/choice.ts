/** One completion of one prompt: the pieces of its generation in the form of OpenAI's API. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { ShortageError } from "../../src/op/device.ts";
import type { Generation } from "../../src/infer/engine/api.ts";
import type { Piece } from "../../src/infer/generate_options.ts";
import { encodeText } from "../../src/infer/tokenizer.ts";
import type { CompletionRequest } from "./completion_request.ts";
import { admit, type ServedDecoder, type Service } from "./service.ts";

/** Log-probabilities of tokens before temperature and filters; `text_offset` counts
 * Unicode code points from the choice's start. */
interface LogProbs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly number[];
  readonly top_logprobs: null;
  readonly text_offset: readonly number[];
}

/** A part of a choice, or all of it; `refrain` is an extension of OpenAI's form. */
export interface ChoicePart {
  readonly text: string;
  readonly index: number;
  readonly logprobs: LogProbs | null;
  readonly finish_reason: "stop" | "length" | null;
  readonly refrain?: { readonly depth: readonly number[]; readonly score: readonly number[] };
}

/** Unicode code points of a text: a pair of surrogates is one of them. */
const codePoints = (text: string) => Array.from(text).length;

/** A running completion. */
export class Choice {
  #length = 0;

  /** Wraps a generation; `shown` is the prompt if requested; it comes first. */
  constructor(
    readonly index: number,
    readonly generation: Generation,
    readonly shown: string,
    readonly logProbs: boolean,
  ) {}

  /** The next part of its answer. */
  part(pieces: readonly Piece[], text = pieces.map(({ text }) => text).join("")): ChoicePart {
    const { index, logProbs, generation: { finish = null } } = this;
    const common = { text, index, logprobs: null, finish_reason: finish };
    if (!logProbs) return common;
    const logprobs = {
      tokens: pieces.map(({ text }) => text),
      token_logprobs: pieces.map(({ logProb }) => logProb),
      top_logprobs: null,
      text_offset: pieces.map(({ text }) => {
        const offset = this.#length;
        this.#length += codePoints(text);
        return offset;
      }),
    };
    const refrain = { depth: pieces.map(({ depth }) => depth), score: pieces.map(({ score }) => score) };
    return { ...common, logprobs, refrain };
  }
}

/** A random seed, for requests without one. */
const anySeed = () => crypto.getRandomValues(new Uint32Array(1))[0] & 0x7fffffff;

/** Submits all completions of a request, or none. Throws as {@link admit}, `encodeText` and `submit` do. */
export function submitAll(
  service: Service,
  { engine, tokenizer }: ServedDecoder,
  request: CompletionRequest,
): Choice[] {
  const { prompts, n, echo, logProbs, options } = request;
  const { running, waiting } = engine.status();
  admit(service, running + waiting, prompts.length * n);
  const first = request.seed ?? anySeed();
  const encoded = prompts.map((prompt) => typeof prompt === "string" ? encodeText(tokenizer, prompt) : prompt);
  const choices: Choice[] = [];
  try {
    for (let index = 0; index < prompts.length * n; index++) {
      const p = Math.floor(index / n), prompt = prompts[p];
      const shown = !echo ? "" : typeof prompt === "string" ? prompt : tokenizer.decode(prompt);
      const generation = engine.submit(encoded[p], { ...options, seed: (first + index) & 0x7fffffff });
      choices.push(new Choice(index, generation, shown, logProbs));
    }
    return choices;
  } catch (error) {
    cancelAll(choices);
    if (!(error instanceof RangeError)) {
      if (!(error instanceof ShortageError)) service.health.fault ??= reasonOf(error); // it accepts no further requests
      throw error;
    }
    const which = prompts.length > 1 ? `, at prompt ${Math.floor(choices.length / n) + 1} of ${prompts.length}` : "";
    throw new RangeError(`${error.message}${which}`, { cause: error });
  }
}

/** Cancels running choices, which frees their slots. */
export function cancelAll(choices: readonly Choice[]): void {
  for (const { generation } of choices) generation.cancel();
}

/** Tokens of the prompts, each counted once, and of the completions. */
export function usageOf(choices: readonly Choice[], n: number) {
  const sum = (numbers: number[]) => numbers.reduce((total, count) => total + count, 0);
  const prompt_tokens = sum(choices.filter((_, i) => i % n === 0).map(({ generation }) => generation.promptTokens));
  const completion_tokens = sum(choices.map(({ generation }) => generation.newTokens));
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}
