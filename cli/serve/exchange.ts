/** One request: its id, time, log record and metrics. */
import { type Incoming, pathOf } from "./incoming.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** Maximum length of a method and a path in the log. */
const LONGEST = 100;

/** Request ids that are accepted from clients and proxies. */
const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** A text without control characters, which terminals would interpret. */
// deno-lint-ignore no-control-regex
const printable = (text: string) => text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?");

/** A running request. */
export class Exchange {
  /** The `x-request-id` of the request if it is a valid one, else a new one; in the answer and in the log. */
  readonly id: string;
  /** The label of its route in the metrics. */
  route = "other";
  /** Whether it is a health probe, which is not logged. */
  probe = false;
  /** Tokens of its completions. */
  newTokens = 0;
  /** Whether its answer ends later than its handler. */
  streams = false;
  readonly #started = performance.now();
  #model?: string;
  #promptTokens = 0;
  #ended = false;

  /** Starts the clock. */
  constructor(readonly request: Incoming, readonly metrics: Metrics, readonly log: Log) {
    const given = request.headers.get("x-request-id") ?? "";
    this.id = REQUEST_ID.test(given) ? given : `req_${crypto.randomUUID().replaceAll("-", "")}`;
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Records the model and the number of tokens of accepted prompts or inputs. */
  accept(model: string, promptTokens: number): void {
    this.#model = model;
    this.#promptTokens += promptTokens;
    this.metrics.prompts(model, promptTokens);
  }

  /** Ends it, once: one record in the log, one request more in the metrics. */
  end(status: number, remark = ""): void {
    if (this.#ended) return;
    this.#ended = true;
    this.metrics.request(this.route, status, this.seconds);
    if (this.probe) return;
    const { request: { method, url } } = this;
    const shown = (text: string) => printable(text.slice(0, LONGEST));
    this.log({
      ...{ id: this.id, method: shown(method), path: shown(pathOf(url)), status, model: this.#model },
      ...{ prompt_tokens: this.#promptTokens, completion_tokens: this.newTokens },
      duration_ms: Math.round(10_000 * this.seconds) / 10,
      message: remark ? printable(remark.split("\n", 1)[0]) : undefined,
    });
  }
}
