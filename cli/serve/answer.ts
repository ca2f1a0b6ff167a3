/** Answers with completions, whole or as a stream of events, in the form of an endpoint. */
import type { Generation } from "../../src/infer/engine/api.ts";
import type { Piece } from "../../src/infer/generate_options.ts";
import { eventStream } from "./events.ts";
import type { Exchange } from "./exchange.ts";
import { abortedBecause } from "./refusal.ts";
import { type AnswerToken, type AnyChoice, type ChoiceTokens, scoredTokens } from "./scored.ts";
import type { ServedDecoder, Service } from "./service.ts";
import { cancelAll, endAll, usageOf } from "./submit.ts";
import { together } from "./together.ts";

/** The form of an endpoint's answers. */
export interface AnswerForm<C extends AnyChoice> {
  /** Prefix of ids. */
  readonly prefix: string;
  /** Type of a whole answer. */
  readonly object: string;
  /** Type of an event's object. */
  readonly eventObject: string;
  /** A choice of a whole answer. */
  whole(choice: C, tokens: ChoiceTokens): unknown;
  /** Parts of a choice before its first generated token; `prompt` are the tokens of an echoed prompt if they are scored. */
  opening(choice: C, prompt: readonly AnswerToken[]): readonly unknown[];
  /** The part of a token; undefined for a token without an event. */
  token(choice: C, token: AnswerToken): unknown;
  /** The last part, with the finish reason. */
  closing(choice: C): unknown;
}

/** The completions of one request. */
export interface Run<C extends AnyChoice> {
  readonly choices: readonly C[];
  readonly model: ServedDecoder;
  /** Completions of each prompt. */
  readonly n: number;
  readonly exchange: Exchange;
  readonly form: AnswerForm<C>;
  /** Whether the answer is a stream of events. */
  readonly stream: boolean;
  /** Whether the last event before `[DONE]` has the usage. */
  readonly includeUsage: boolean;
}

/** Answers with completions; they are cancelled when the request is aborted. */
export async function answerWith<C extends AnyChoice>(run: Run<C>, service: Service): Promise<Response> {
  const { exchange: { request: { signal } }, stream, model, n } = run;
  const generations = run.choices.map(({ generation }) => generation);
  run.exchange.accept(model.id, usageOf(generations, n).prompt_tokens);
  const leave = () => cancelAll(generations);
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  return stream ? streamed(run, generations, service) : await whole(run, generations);
}

/** The common fields of an answer's objects. */
function heading(prefix: string, object: string, model: string) {
  const id = `${prefix}-${crypto.randomUUID().replaceAll("-", "")}`;
  return { id, object, created: Math.floor(Date.now() / 1000), model };
}

/** The pieces of a choice, and its end token, which has no text; measures the time to the first one. */
async function* pieces<C extends AnyChoice>({ exchange, model }: Run<C>, { generation }: C): AsyncGenerator<Piece> {
  let first = true;
  for await (const piece of generation) {
    if (first) exchange.metrics.firstToken(model.id, exchange.seconds);
    first = false;
    yield piece;
  }
  if (generation.endToken) yield { ...generation.endToken, text: "" };
}

/** Everything that a stream brings; Node 20 has no Array.fromAsync. */
async function collected<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

async function whole<C extends AnyChoice>(run: Run<C>, generations: readonly Generation[]): Promise<Response> {
  const { choices, model, n, exchange, form } = run;
  try {
    const all = await Promise.all(choices.map((choice) => collected(pieces(run, choice))));
    const { request: { signal } } = exchange;
    if (signal.aborted) throw abortedBecause(signal);
    const tokens = await scoredTokens(model, choices.map((choice, i) => ({ choice, pieces: all[i] })), signal);
    const answers = choices.map((choice, i) => form.whole(choice, tokens[i]));
    return Response.json({
      ...heading(form.prefix, form.object, model.id),
      choices: answers,
      usage: usageOf(generations, n),
    });
  } finally {
    endAll(generations, exchange, model.id);
  }
}

/**
 * The new tokens of a choice as they come. Where they are scored, they come whenever the text has grown by a third: all
 * passes over it cost as much as a few over the whole text.
 */
async function* tokensOf<C extends AnyChoice>(run: Run<C>, choice: C): AsyncGenerator<ChoiceTokens> {
  const { model, exchange: { request: { signal } } } = run, { scoring } = choice;
  const all: Piece[] = [];
  let before = 0, first = true;
  const next = async () => {
    const [tokens] = await scoredTokens(model, [{ choice, pieces: all, before }], signal);
    [before, first] = [all.length, false];
    return tokens;
  };
  for await (const piece of pieces(run, choice)) {
    all.push(piece);
    if (!scoring || 3 * (all.length - before) >= scoring.prompt.length + before) yield await next();
  }
  if (first || all.length > before) yield await next();
}

/** The parts of a choice as a stream. */
async function* parts<C extends AnyChoice>(run: Run<C>, choice: C): AsyncGenerator<unknown> {
  const { form } = run;
  let opened = choice.scoring === undefined;
  if (opened) yield* form.opening(choice, []);
  for await (const { prompt, made } of tokensOf(run, choice)) {
    if (!opened) yield* form.opening(choice, prompt);
    opened = true;
    for (const token of made) {
      const part = form.token(choice, token);
      if (part !== undefined) yield part;
    }
  }
  yield form.closing(choice);
}

function streamed<C extends AnyChoice>(
  run: Run<C>,
  generations: readonly Generation[],
  { health }: Service,
): Response {
  const { choices, model, n, exchange, form, includeUsage } = run;
  const head = heading(form.prefix, form.eventObject, model.id);
  const usage = includeUsage ? { usage: null } : {};
  const objects = async function* () {
    for await (const part of together(choices.map((choice) => parts(run, choice)))) {
      yield { ...head, choices: [part], ...usage };
    }
    if (includeUsage) yield { ...head, choices: [], usage: usageOf(generations, n) };
  };
  return eventStream(objects(), { exchange, health, onEnd: () => endAll(generations, exchange, model.id) });
}
