/** Metrics of the server in Prometheus's text format. */
import { Histograms, type Sample } from "./histogram.ts";
import type { Service } from "./service.ts";

/** Value of a label, in quotes. */
const label = (value: string | number) =>
  `"${String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** One metric with its samples; nothing without samples. */
function metric(name: string, type: "counter" | "gauge" | "histogram", help: string, samples: readonly Sample[]) {
  if (samples.length === 0) return [];
  const lines = samples.map(([labels, value, suffix = ""]) => {
    const named = Object.entries(labels).map(([key, text]) => `${key}=${label(text)}`).join(",");
    return `refrain_${name}${suffix}${named && `{${named}}`} ${value}`;
  });
  return [`# HELP refrain_${name} ${help}`, `# TYPE refrain_${name} ${type}`, ...lines];
}

/** Counters of requests; gauges are read from the engines. */
export class Metrics {
  readonly #requests = new Map<string, { route: string; status: number; count: number }>();
  readonly #prompts = new Map<string, number>();
  readonly #seconds = new Histograms("route");
  readonly #queued = new Histograms("model");
  readonly #firsts = new Histograms("model");

  /** Counts a finished request, and records its time. */
  request(route: string, status: number, seconds: number): void {
    const key = `${route} ${status}`;
    const counted = this.#requests.get(key) ?? { route, status, count: 0 };
    counted.count++;
    this.#requests.set(key, counted);
    this.#seconds.add(route, seconds);
  }

  /** Counts the tokens of accepted prompts or inputs. */
  prompts(model: string, tokens: number): void {
    this.#prompts.set(model, (this.#prompts.get(model) ?? 0) + tokens);
  }

  /** Records the time that a sequence of a decoder, or a request for embeddings, waited for its start. */
  queued(model: string, seconds: number): void {
    this.#queued.add(model, seconds);
  }

  /** Records the time to a completion's first token. */
  firstToken(model: string, seconds: number): void {
    this.#firsts.add(model, seconds);
  }

  /** The text of all metrics. */
  text({ models }: Service): string {
    const requests = [...this.#requests.values()].map(({ count, ...labels }): Sample => [labels, count]);
    const encoders = [...models].flatMap(([model, served]): Sample[] =>
      served.kind === "encoder" ? [[{ model }, served.underWay]] : []
    );
    const prompts = [...models.keys()].map((model): Sample => [{ model }, this.#prompts.get(model) ?? 0]);
    const lines = [
      ...metric("requests_total", "counter", "Requests that have ended, by route and status.", requests),
      ...engineLines(models),
      ...metric("embeddings_under_way", "gauge", "Requests for embeddings that run or wait.", encoders),
      ...metric("prompt_tokens_total", "counter", "Tokens of prompts and inputs.", prompts),
      ...metric(
        "request_time_seconds",
        "histogram",
        "From a request to the end of its answer.",
        this.#seconds.samples(),
      ),
      ...metric(
        "queue_time_seconds",
        "histogram",
        "From a request to its slot or first batch.",
        this.#queued.samples(),
      ),
      ...metric(
        "time_to_first_token_seconds",
        "histogram",
        "From a request to its first token.",
        this.#firsts.samples(),
      ),
    ];
    return `${lines.join("\n")}\n`;
  }
}

function engineLines(models: Service["models"]): string[] {
  const engines = [...models.values()].flatMap((model) =>
    model.kind === "decoder" ? [{ model: model.id, status: model.engine.status() }] : []
  );
  const each = (
    name: string,
    type: "counter" | "gauge",
    help: string,
    of: (status: typeof engines[0]["status"]) => number,
  ) => metric(name, type, help, engines.map(({ model, status }) => [{ model }, of(status)]));
  const depths = engines.flatMap(({ model, status }) =>
    status.depths.map((count, i): Sample => [{ model, depth: i + 1 }, count])
  );
  const bytes = engines.flatMap(({ model, status }) => [
    [{ model, recursion: "outside" }, status.outerBytesInUse] as Sample,
    ...status.bytesInUse.map((count, i): Sample => [{ model, recursion: i + 1 }, count]),
  ]);
  return [
    ...each("sequences_running", "gauge", "Sequences in flight.", ({ running }) => running),
    ...each("sequences_waiting", "gauge", "Sequences that wait for a slot or for memory.", ({ waiting }) => waiting),
    ...each("tokens_total", "counter", "Tokens made.", ({ tokens }) => tokens),
    ...metric("tokens_by_depth_total", "counter", "Tokens made, by the recursions they ran.", depths),
    ...each("steps_total", "counter", "Calls of the shared block.", ({ steps }) => steps),
    ...metric("cache_bytes_in_use", "gauge", "Bytes of keys and values in use, by recursion.", bytes),
    ...each(
      "cache_bytes_reserved",
      "gauge",
      "Bytes of keys and values there is room for.",
      ({ cacheBytes }) => cacheBytes,
    ),
  ];
}
