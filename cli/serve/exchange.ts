/** One request from its beginning to its end: what the log and the metrics say of it. */
import type { Metrics } from "./metrics.ts";
import { CLIENT_LEFT } from "./refusal.ts";

/** Characters of a path in the log at most. */
const LONGEST = 100;

/** A request under way. */
export class Exchange {
  /** Tokens read or made for it. */
  tokens = 0;
  /** Whether its answer ends later than its handler. */
  streams = false;
  readonly #started = performance.now();
  #ended = false;

  /** Starts the clock. */
  constructor(
    readonly request: Request,
    readonly route: string,
    readonly metrics: Metrics,
    readonly log: (line: string) => void,
  ) {}

  /** Milliseconds since the start. */
  get milliseconds(): number {
    return performance.now() - this.#started;
  }

  /** Ends it, once: one line in the log, one request more in the metrics. */
  end(status: number, remark = status === CLIENT_LEFT ? "client left" : ""): void {
    if (this.#ended) return;
    this.#ended = true;
    this.metrics.request(this.route, status);
    const path = new URL(this.request.url).pathname.slice(0, LONGEST);
    const numbers = `${status} ${this.tokens} tokens ${this.milliseconds.toFixed(0)} ms`;
    this.log(`${this.request.method} ${path} ${numbers}${remark && `, ${remark}`}`);
  }
}
