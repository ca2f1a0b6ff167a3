/** `deno task serve`: completions and embeddings over HTTP, in the form of OpenAI's API. */
import { Engine } from "../src/infer/engine/engine.ts";
import { interruptible, note, runCommand } from "./support/command.ts";
import { deviceFlag, openChosenDevice } from "./support/device.ts";
import { helpFlag, numberOf, type Operands, type Values, wholeOf } from "./support/flags.ts";
import { counted } from "./support/table.ts";
import { BODY_MS } from "./serve/body.ts";
import { makeHandler } from "./serve/app.ts";
import { MOST } from "./serve/completion_request.ts";
import { MOST_INPUTS } from "./serve/embeddings.ts";
import { CONNECTIONS, demandAddress, GRACE_MS, serveUntil } from "./serve/listen.ts";
import { loadServed, watchDevice } from "./serve/load.ts";

const seconds = (ms: number) => `${ms / 1000} s`;

const command = {
  name: "serve",
  usage: "CHECKPOINT… [options]",
  about: `Serves decoders and encoders until Ctrl-C or SIGTERM, which lets running requests end for ${
    seconds(GRACE_MS)
  } and
refuses new ones; a second one ends at once. Requests name a model by its folder.

  POST /v1/completions   text from a decoder, in one answer or as a stream
  POST /v1/embeddings    vectors from an encoder, of unit length unless it declares others
  GET  /v1/models        what is served
  GET  /metrics          numbers for Prometheus
  GET  /health           200, or 503 and why

Bounds: ${CONNECTIONS.connections} connections; a request's head within ${
    seconds(CONNECTIONS.headersMs)
  }, its body within \
${seconds(BODY_MS)}; ${seconds(CONNECTIONS.idleMs)} between requests;
a client that takes nothing of its answer for ${
    seconds(CONNECTIONS.stalledMs)
  } is cut off; ${MOST.prompts} prompts, ${MOST.n} completions of each,
${MOST.stop} stop texts of ${MOST.stopLength} characters; ${MOST_INPUTS} inputs of embeddings. Prompts and their new tokens fit into the
model's positions, and all completions of a request into --slots and --max-waiting.

Beyond OpenAI's parameters there are top_k, min_p, repetition_penalty and max_depth; with
"logprobs": 0 the answer has every token's recursion depth and router score. Other servers'
parameters are taken where their values ask for nothing ("logit_bias": {}), else refused by name.`,
  operand: "CHECKPOINT",
  several: true,
  flags: {
    port: { value: "N", help: "8080 unless given; 0 takes a free one" },
    host: { value: "NAME", help: "127.0.0.1 unless given: only this machine can connect" },
    slots: { value: "N", help: "sequences of a decoder in flight at most, 32 unless given" },
    "cache-mb": { value: "N", help: "megabytes for a decoder's keys and values, enough for all slots unless given" },
    "max-body": { value: "KB", help: "kilobytes of a request at most, 256 unless given" },
    "max-waiting": { value: "N", help: "completions of a model that may wait at most, 128 unless given" },
    ...deviceFlag,
    ...helpFlag,
  },
  examples: [
    "deno task serve models/stories-mor models/stories-modernalbert",
    `curl http://127.0.0.1:8080/v1/completions -H "content-type: application/json" \\`,
    `    -d '{"model": "stories-mor", "prompt": "Once upon a time", "max_tokens": 60}'`,
  ],
} as const;

/** Checks all flags that need no model. */
function settings(flags: Values<typeof command.flags>) {
  const whole = (name: "port" | "slots" | "max-body" | "max-waiting", fallback: number, least: number) => {
    const given = flags[name];
    return given === undefined ? fallback : wholeOf(name, given, least);
  };
  const slots = whole("slots", 32, 1);
  const cache = flags["cache-mb"];
  return {
    engine: { slots, cacheBytes: cache === undefined ? undefined : 1e6 * numberOf("cache-mb", cache) },
    address: { hostname: flags.host ?? "127.0.0.1", port: whole("port", 8080, 0) },
    limits: {
      bodyBytes: 1000 * whole("max-body", 256, 1),
      requests: slots + whole("max-waiting", 128, 0),
    },
  };
}

async function main(flags: Values<typeof command.flags> & Operands): Promise<number> {
  const { engine, address, limits } = settings(flags);
  demandAddress(address);
  const opened = await openChosenDevice(flags.device);
  const models = await loadServed(flags.operands, opened, (decoder) => Engine.open(decoder, engine));
  const started = Math.floor(Date.now() / 1000);
  const health = watchDevice(opened.device);
  const handler = makeHandler({ models, limits, started, health, log: note });
  const onListen = (url: string) =>
    note(`Serving ${[...models.keys()].join(", ")} at ${url} on ${opened.label}; Ctrl-C stops`);
  const onStop = (busy: number) =>
    note(`Stopping: ${counted(busy, "request")} may end within ${GRACE_MS / 1000} s; Ctrl-C again ends at once`);
  await interruptible((signal) => serveUntil(signal, address, { handler, health, onListen, onStop }));
  return 0;
}

if (import.meta.main) await runCommand(command, main);
