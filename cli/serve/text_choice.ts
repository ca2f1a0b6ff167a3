/** Choices of `/v1/completions`: the pieces of a generation in the form of OpenAI's API. */
import type { Generation } from "../../src/infer/engine/api.ts";
import type { Piece } from "../../src/infer/generate_options.ts";
import type { AnswerForm } from "./answer.ts";

/** Log-probabilities of tokens before temperature and filters; `text_offset` counts
 * Unicode code points from the choice's start. */
interface LogProbs {
  readonly tokens: readonly string[];
  readonly token_logprobs: readonly number[];
  readonly top_logprobs: null;
  readonly text_offset: readonly number[];
}

/** A part of a choice, or all of it; `refrain` is an extension of OpenAI's form. */
interface ChoicePart {
  readonly text: string;
  readonly index: number;
  readonly logprobs: LogProbs | null;
  readonly finish_reason: "stop" | "length" | null;
  readonly refrain?: { readonly depth: readonly number[]; readonly score: readonly number[] };
}

/** Unicode code points of a text: a pair of surrogates is one of them. */
const codePoints = (text: string) => Array.from(text).length;

/** A running completion. */
export class TextChoice {
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

/** A part of a choice that is not the last one. */
const open = (part: ChoicePart): ChoicePart => ({ ...part, finish_reason: null });

/** The form of `/v1/completions`. */
export const TEXT_FORM: AnswerForm<TextChoice> = {
  prefix: "cmpl",
  object: "text_completion",
  eventObject: "text_completion",
  whole(choice, pieces) {
    const part = choice.part(pieces);
    return { ...part, text: choice.shown + part.text };
  },
  opening: (choice) => choice.shown ? [open(choice.part([], choice.shown))] : [],
  token: (choice, piece) => piece.text !== "" || choice.logProbs ? open(choice.part([piece])) : undefined,
  closing: (choice) => choice.part([]),
};
