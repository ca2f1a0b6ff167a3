/** `POST /v1/completions`. */
import type { Piece } from "../../src/infer/generate_options.ts";
import { readBody } from "./body.ts";
import { cancelAll, type Choice, type ChoicePart, submitAll, usageOf } from "./choice.ts";
import { readCompletionRequest } from "./completion_request.ts";
import { eventStream } from "./events.ts";
import type { Exchange } from "./exchange.ts";
import { abortedBecause } from "./refusal.ts";
import { findModel, type Service } from "./service.ts";
import { together } from "./together.ts";

/** The completions of one request. */
interface Run {
  readonly choices: readonly Choice[];
  readonly model: string;
  readonly n: number;
  readonly exchange: Exchange;
}

/** Completes texts, in one answer or as events. Throws a Refusal, and RangeErrors about the request. */
export async function complete(exchange: Exchange, service: Service): Promise<Response> {
  const { request: { signal } } = exchange;
  const fields = await readBody(exchange.request, service.limits, "complete the text");
  const request = readCompletionRequest(fields);
  const { model, n, stream, includeUsage } = request;
  const choices = submitAll(service, findModel(service, model, "decoder"), request);
  const run = { choices, model, n, exchange };
  const leave = () => cancelAll(choices);
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  return stream ? streamed(run, includeUsage, service) : await whole(run);
}

/** The common fields of an answer's objects. */
function heading(model: string) {
  const id = `cmpl-${crypto.randomUUID().replaceAll("-", "")}`;
  return { id, object: "text_completion", created: Math.floor(Date.now() / 1000), model };
}

/** The pieces of a choice; measures the time to the first one. */
async function* pieces({ exchange, model }: Run, { generation }: Choice): AsyncGenerator<Piece> {
  let first = true;
  for await (const piece of generation) {
    if (first) exchange.metrics.firstToken(model, exchange.milliseconds / 1000);
    first = false;
    yield piece;
  }
}

async function whole(run: Run): Promise<Response> {
  const { choices, model, n, exchange } = run;
  const collect = async (choice: Choice): Promise<ChoicePart> => {
    const all = await Array.fromAsync(pieces(run, choice));
    const part = choice.part(all);
    return { ...part, text: choice.shown + part.text };
  };
  try {
    const parts = await Promise.all(choices.map(collect));
    const { request: { signal } } = exchange;
    if (signal.aborted) throw abortedBecause(signal);
    return Response.json({ ...heading(model), choices: parts, usage: usageOf(choices, n) });
  } finally {
    cancelAll(choices);
    exchange.tokens = usageOf(choices, n).total_tokens;
  }
}

/** The parts of a choice as a stream; only the last one has a finish reason. */
async function* parts(run: Run, choice: Choice): AsyncGenerator<ChoicePart> {
  const open = (part: ChoicePart) => ({ ...part, finish_reason: null });
  if (choice.shown) yield open(choice.part([], choice.shown));
  for await (const piece of pieces(run, choice)) {
    if (piece.text !== "" || choice.logProbs) yield open(choice.part([piece]));
  }
  yield choice.part([]);
}

function streamed(run: Run, includeUsage: boolean, { health }: Service): Response {
  const { choices, model, n, exchange } = run;
  const head = heading(model);
  const usage = includeUsage ? { usage: null } : {};
  const objects = async function* () {
    for await (const part of together(choices.map((choice) => parts(run, choice)))) {
      yield { ...head, choices: [part], ...usage };
    }
    if (includeUsage) yield { ...head, choices: [], usage: usageOf(choices, n) };
  };
  const onEnd = () => {
    cancelAll(choices);
    exchange.tokens = usageOf(choices, n).total_tokens;
  };
  return eventStream(objects(), { exchange, health, onEnd });
}
