/** One request: its time, log line and metrics. */
import { type Incoming, pathOf } from "./incoming.ts";
import type { Metrics } from "./metrics.ts";

/** Maximum length of a path in the log. */
const LONGEST = 100;

/** A text without control characters, which terminals would interpret. */
// deno-lint-ignore no-control-regex
const printable = (text: string) => text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?");

/** A running request. */
export class Exchange {
  /** The label of its route in the metrics. */
  route = "other";
  /** Tokens of its prompts and completions. */
  tokens = 0;
  /** Whether its answer ends later than its handler. */
  streams = false;
  readonly #started = performance.now();
  #ended = false;

  /** Starts the clock. */
  constructor(readonly request: Incoming, readonly metrics: Metrics, readonly log: (line: string) => void) {}

  /** Milliseconds since the start. */
  get milliseconds(): number {
    return performance.now() - this.#started;
  }

  /** Ends it, once: one line in the log, one request more in the metrics. */
  end(status: number, remark = ""): void {
    if (this.#ended) return;
    this.#ended = true;
    this.metrics.request(this.route, status);
    const { method, url } = this.request;
    const target = `${method.slice(0, LONGEST)} ${pathOf(url).slice(0, LONGEST)}`;
    const numbers = `${status} ${this.tokens} tokens ${this.milliseconds.toFixed(0)} ms`;
    this.log(printable(`${target} ${numbers}${remark && `, ${remark.split("\n", 1)[0]}`}`));
  }
}
