/** A service without a model: a fake engine and predictable vectors. */
import { BoundedServer, type ConnectionLimits } from "../../cli/serve/server.ts";
import { makeHandler } from "../../cli/serve/app.ts";
import { ChatTemplate } from "../../cli/serve/chat_template.ts";
import type { LogRecord } from "../../cli/serve/log.ts";
import type { ServedDecoder, ServedEncoder, Service } from "../../cli/serve/service.ts";
import type { ScoredSequence } from "../../src/infer/score/score_inputs.ts";
import type { TokenScores, TokenScoresOptions } from "../../src/infer/score/token_scores.ts";
import { FakeEngine, type FakeOptions } from "./serve_engine.ts";

const tokenizer = {
  encode: (text: string, { bare = true } = {}) => [...bare ? [] : [1], ...[...text].map((c) => c.charCodeAt(0))],
  decode: (ids: readonly number[]) => String.fromCharCode(...ids.filter((id) => id !== 1)),
};

/** Token j of the likeliest after a token is the j-th letter after it; log-probabilities are −(j + 1), else −9. */
function fakeScores({ ids, from }: ScoredSequence, k: number): TokenScores {
  const places = Array.from({ length: ids.length - from }, (_, i) => from + i),
    list = Array.from({ length: k }, (_, j) => j);
  if (places.length === 0) throw new RangeError("Cannot score: nothing is to be scored");
  const ahead = (t: number) => ids[t] - ids[t - 1] - 1;
  return {
    logProbs: Float64Array.from(places, (t) => ahead(t) >= 0 && ahead(t) < 9 ? -1 - ahead(t) : -9),
    greedy: Uint8Array.from(places, (t) => Number(ahead(t) === 0)),
    depths: Int32Array.from(places, (t) => 1 + t % 2),
    topIds: Int32Array.from(places.flatMap((t) => list.map((j) => ids[t - 1] + 1 + j))),
    topLogProbs: Float64Array.from(places.flatMap(() => list.map((j) => -1 - j))),
  };
}

/** The handler over a decoder "words" with a fake engine and an encoder "vectors" of two numbers: length and first id. */
export function fakeServer(
  behaviour: FakeOptions = {},
  given: Partial<Service["limits"]> = {},
  access?: Service["access"],
) {
  const limits = { bodyBytes: 10_000, bodyMs: 5000, requests: 200, ...given };
  const engine = new FakeEngine(behaviour);
  const tokenScores = (sequences: readonly ScoredSequence[], options?: TokenScoresOptions) => {
    return Promise.resolve(sequences.map((sequence) => fakeScores(sequence, options?.k ?? 1)));
  };
  const template = "{% for m in messages %}{{ m.role[0] + ':' + m.content + ';' }}{% endfor %}a:";
  const chat = new ChatTemplate(template, {});
  const batches: number[] = [];
  const embed: ServedEncoder["embed"] = (sequences, { onStart } = {}) => {
    batches.push(sequences.length);
    onStart?.();
    return new Promise<number[]>((resolve) => setTimeout(resolve, 5, sequences.flatMap((ids) => [ids.length, ids[0]])));
  };
  const words: ServedDecoder = {
    kind: "decoder",
    id: "words",
    tokenizer,
    config: { V: 200, maxPositions: 50 },
    chat,
    engine,
    tokenScores,
  };
  const vectors: ServedEncoder = {
    kind: "encoder",
    id: "vectors",
    tokenizer,
    config: { V: 200, maxPositions: 50, D: 2 },
    unit: true,
    underWay: 0,
    embed,
  };
  const log: LogRecord[] = [];
  const health: Service["health"] = {};
  const models: Service["models"] = new Map([words, vectors].map((model) => [model.id, model] as const));
  const service = { models, limits, started: 1, health, log: (record: LogRecord) => void log.push(record), access };
  return { engine, words, vectors, batches, log, health, handler: makeHandler(service) };
}

/** A log record without id and time, in one line. */
export const lineOf = ({ method, path, status, prompt_tokens, completion_tokens, message }: LogRecord) =>
  `${method} ${path} ${status} ${prompt_tokens}+${completion_tokens}${message ? `, ${message}` : ""}`;

/** Any address of this machine. */
const anywhere = { hostname: "127.0.0.1", port: 0 };

/** The same behind a socket, on a port of its own. */
export async function listening(
  behaviour: FakeOptions = {},
  given: Partial<ConnectionLimits> = {},
  limits: Partial<Service["limits"]> = {},
) {
  const fake = fakeServer(behaviour, limits);
  const times = { connections: 300, headersMs: 5000, requestMs: 10_000, idleMs: 5000, stalledMs: 30_000, ...given };
  const server = new BoundedServer(fake.handler, times);
  const url = await server.listen(anywhere);
  return { ...fake, server, url, [Symbol.asyncDispose]: () => server.close() };
}

/** A request with a JSON body. */
export function post(path: string, body: unknown, init: RequestInit = {}): Request {
  const headers = { "content-type": "application/json" };
  return new Request(`http://localhost${path}`, { method: "POST", headers, body: JSON.stringify(body), ...init });
}

/** The objects of a stream of events; the last one has to be `[DONE]`. */
export function eventsOf(text: string) {
  const events = text.split("\n\n").filter(Boolean).map((event) => event.replace(/^data: /, ""));
  if (events.pop() !== "[DONE]") throw new Error(`the stream does not end with [DONE]: ${text.slice(-200)}`);
  return events.map((event) => JSON.parse(event));
}

/** Waits until something holds. */
export async function until(holds: () => boolean, ms = 20_000): Promise<void> {
  for (const started = performance.now(); !holds();) {
    if (performance.now() - started > ms) throw new Error(`after ${ms} ms it still does not hold: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
