/** Choices of `/v1/completions`: tokens in the form of OpenAI's API. */
import type { Generation } from "../../src/infer/engine/api.ts";
import type { Tokenizer } from "../../src/infer/tokenizer.ts";
import type { AnswerForm } from "./answer.ts";
import { type AnswerToken, type Scoring, tokenName } from "./scored.ts";

/** Log-probabilities of the likeliest tokens and of the chosen one, by their texts. */
type TopLogProbs = Readonly<Record<string, number>>;

/** Log-probabilities of tokens before temperature and filters; null for a first token, which has none before it. */
interface LogProbs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly (number | null)[];
  readonly top_logprobs: readonly (TopLogProbs | null)[] | null;
  /** Unicode code points from the choice's start. */
  readonly text_offset: readonly number[];
}

/** A part of a choice, or all of it; `refrain` is an extension of OpenAI's form. */
interface ChoicePart {
  readonly text: string;
  readonly index: number;
  readonly logprobs: LogProbs | null;
  readonly finish_reason: "stop" | "length" | null;
  readonly refrain?: { readonly depth: readonly (number | null)[]; readonly score: readonly (number | null)[] };
}

/** What a choice shows. */
interface Shown {
  /** The prompt if requested; it comes first. */
  readonly shown: string;
  /** Likeliest tokens at each place; undefined without log-probabilities. */
  readonly logProbs?: number;
  /** What is scored beyond the generated tokens. */
  readonly scoring?: Scoring;
  /** Names special tokens. */
  readonly tokenizer: Tokenizer;
}

/** Unicode code points of a text: a pair of surrogates is one of them. */
const codePoints = (text: string) => Array.from(text).length;

/** A running completion. */
export class TextChoice {
  readonly scoring?: Scoring;
  #length = 0;

  /** Wraps a generation. */
  constructor(readonly index: number, readonly generation: Generation, readonly options: Shown) {
    this.scoring = options.scoring;
  }

  /** The next part of its answer. */
  part(tokens: readonly AnswerToken[], text = tokens.map(({ text }) => text).join("")): ChoicePart {
    const { index, options: { logProbs, tokenizer }, generation: { finish = null } } = this;
    const common = { text, index, logprobs: null, finish_reason: finish };
    if (logProbs === undefined) return common;
    const logprobs = {
      tokens: tokens.map((token) => tokenName(tokenizer, token)),
      token_logprobs: tokens.map(({ logProb }) => logProb),
      top_logprobs: logProbs > 0 ? tokens.map((token) => this.#top(token)) : null,
      text_offset: tokens.map(({ text }) => {
        const offset = this.#length;
        this.#length += codePoints(text);
        return offset;
      }),
    };
    const refrain = { depth: tokens.map(({ depth }) => depth), score: tokens.map(({ score }) => score) };
    return { ...common, logprobs, refrain };
  }

  /** The likeliest tokens and the chosen one; of equal texts the likelier. */
  #top(token: AnswerToken): TopLogProbs | null {
    if (token.logProb === null) return null;
    const chosen = { id: token.id, text: token.text, logProb: token.logProb };
    const all = new Map<string, number>();
    for (const one of [...token.top ?? [], chosen]) {
      const name = tokenName(this.options.tokenizer, one);
      if (!all.has(name)) all.set(name, one.logProb);
    }
    return Object.fromEntries(all);
  }
}

/** A part of a choice that is not the last one. */
const open = (part: ChoicePart): ChoicePart => ({ ...part, finish_reason: null });

/** The form of `/v1/completions`. */
export const TEXT_FORM: AnswerForm<TextChoice> = {
  prefix: "cmpl",
  object: "text_completion",
  eventObject: "text_completion",
  whole(choice, { prompt, made }) {
    const text = choice.options.shown + made.map(({ text }) => text).join("");
    return choice.part([...prompt, ...made], text);
  },
  opening: (choice, prompt) => choice.options.shown ? [open(choice.part(prompt, choice.options.shown))] : [],
  token(choice, token) {
    return token.text !== "" || choice.options.logProbs !== undefined ? open(choice.part([token])) : undefined;
  },
  closing: (choice) => choice.part([]),
};
