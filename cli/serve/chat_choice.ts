/** Choices of `/v1/chat/completions`: the pieces of a generation in the form of OpenAI's API. */
import type { Generation } from "../../src/infer/engine/api.ts";
import type { Piece } from "../../src/infer/generate_options.ts";
import type { AnswerForm } from "./answer.ts";

/** A running answer. */
export interface ChatChoice {
  readonly index: number;
  readonly generation: Generation;
  /** Whether it has log-probabilities. */
  readonly logProbs: boolean;
}

/** Log-probabilities of tokens before temperature and filters, with the bytes of their texts in UTF-8. */
function logProbsOf({ logProbs }: ChatChoice, pieces: readonly Piece[]) {
  if (!logProbs) return null;
  const content = pieces.map(({ text, logProb }) => {
    return { token: text, logprob: logProb, bytes: [...new TextEncoder().encode(text)], top_logprobs: [] };
  });
  return { content, refusal: null };
}

const part = (choice: ChatChoice, delta: unknown, pieces: readonly Piece[], finish_reason: string | null = null) => {
  return { index: choice.index, delta, logprobs: logProbsOf(choice, pieces), finish_reason };
};

/** The form of `/v1/chat/completions`. */
export const CHAT_FORM: AnswerForm<ChatChoice> = {
  prefix: "chatcmpl",
  object: "chat.completion",
  eventObject: "chat.completion.chunk",
  whole(choice, pieces) {
    const content = pieces.map(({ text }) => text).join("");
    const message = { role: "assistant", content, refusal: null };
    const finish_reason = choice.generation.finish ?? null;
    return { index: choice.index, message, logprobs: logProbsOf(choice, pieces), finish_reason };
  },
  opening: (choice) => [part(choice, { role: "assistant", content: "" }, [])],
  token(choice, piece) {
    if (piece.text === "" && !choice.logProbs) return undefined;
    return part(choice, { content: piece.text }, [piece]);
  },
  closing: (choice) => part({ ...choice, logProbs: false }, {}, [], choice.generation.finish),
};
