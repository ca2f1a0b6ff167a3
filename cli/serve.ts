/** `deno task serve`: completions and embeddings over HTTP, in the form of OpenAI's API. */
import { readFileSync } from "node:fs";
import { reasonOf } from "../src/checkpoint/messages.ts";
import { Engine } from "../src/infer/engine/engine.ts";
import { interruptible, note, runCommand } from "./support/command.ts";
import { deviceFlag, openChosenDevice } from "./support/device.ts";
import { helpFlag, numberOf, type Operands, type Values, wholeOf } from "./support/flags.ts";
import { counted } from "./support/table.ts";
import { originOf } from "./serve/access.ts";
import { BODY_MS } from "./serve/body.ts";
import { makeHandler } from "./serve/app.ts";
import { MOST } from "./serve/generation_fields.ts";
import { MOST_INPUTS } from "./serve/embeddings.ts";
import { CONNECTIONS, demandAddress, DRAIN_SECONDS, serveUntil } from "./serve/listen.ts";
import { jsonLog } from "./serve/log.ts";
import { loadServed, watchDevice } from "./serve/load.ts";

const seconds = (ms: number) => `${ms / 1000} s`;

const command = {
  name: "serve",
  usage: "CHECKPOINT… [options]",
  about: `Serves decoders and encoders until Ctrl-C or SIGTERM, which refuses new requests and lets running ones end
within --drain seconds; a second one ends at once. Requests name a model by its folder. The log on standard error has
one JSON object for each request.

  POST /v1/chat/completions   answers of a decoder with a chat template, whole or as a stream
  POST /v1/completions        text from a decoder, whole or as a stream
  POST /v1/embeddings         vectors from an encoder, of unit length unless it declares others
  POST /tokenize              ids of a text
  POST /detokenize            text of ids
  GET  /v1/models             what is served
  GET  /metrics               numbers for Prometheus
  GET  /health                200, or 503 and why; the version

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
"logprobs": 0 the answer has every token's recursion depth and router score, with up to ${MOST.top} the
likeliest tokens at its place, with "echo" those of the prompt. Other servers' parameters are taken where their values ask for nothing ("logit_bias": {}), else refused by name.`,
  operand: "CHECKPOINT",
  several: true,
  flags: {
    port: { value: "N", help: "8080 unless given; 0 takes a free one" },
    host: { value: "NAME", help: "127.0.0.1 unless given: only this machine can connect" },
    slots: { value: "N", help: "sequences of a decoder in flight at most, 32 unless given" },
    "cache-mb": { value: "N", help: "megabytes for a decoder's keys and values, enough for all slots unless given" },
    "max-body": { value: "KB", help: "kilobytes of a request at most, 256 unless given" },
    "max-waiting": { value: "N", help: "completions of a model that may wait at most, 128 unless given" },
    "api-key": {
      value: "KEY",
      help: "key that all requests but /health have to give, as Authorization: Bearer KEY;\n@FILE reads it from a file",
    },
    cors: { value: "ORIGIN", help: "origin whose web pages may use the server, such as https://app.example, or *" },
    drain: {
      value: "SECONDS",
      help:
        `time for running requests after Ctrl-C or SIGTERM, ${DRAIN_SECONDS} unless given; then they end with an error`,
    },
    ...deviceFlag,
    ...helpFlag,
  },
  examples: [
    "deno task serve models/stories-mor models/stories-modernalbert",
    `curl http://127.0.0.1:8080/v1/completions -H "content-type: application/json" \\`,
    `    -d '{"model": "stories-mor", "prompt": "Once upon a time", "max_tokens": 60}'`,
  ],
} as const;

/** Maximum of `--drain`: timers of JavaScript take up to 2^31 milliseconds. */
const MOST_SECONDS = 2_000_000;

/** The API key: the text itself, or the content of a file without white space around it. */
function keyOf(given: string): string {
  const action = "read --api-key";
  let key = given;
  try {
    if (given.startsWith("@")) key = readFileSync(given.slice(1), "utf8").trim();
  } catch (error) {
    throw new Error(`Cannot ${action}: ${reasonOf(error)}`);
  }
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new Error(`Cannot ${action}: expected characters of ASCII without blanks${key === "" ? ", found none" : ""}`);
}

/** Checks all flags that need no model. */
function settings(flags: Values<typeof command.flags>) {
  const whole = (name: "port" | "slots" | "max-body" | "max-waiting", fallback: number, least: number) => {
    const given = flags[name];
    return given === undefined ? fallback : wholeOf(name, given, least);
  };
  const slots = whole("slots", 32, 1), drain = numberOf("drain", flags.drain ?? String(DRAIN_SECONDS));
  if (drain < 0 || drain > MOST_SECONDS) {
    throw new Error(`Cannot read --drain ${flags.drain}: expected seconds from 0 to ${MOST_SECONDS}`);
  }
  const cache = flags["cache-mb"];
  return {
    engine: { slots, cacheBytes: cache === undefined ? undefined : 1e6 * numberOf("cache-mb", cache) },
    address: { hostname: flags.host ?? "127.0.0.1", port: whole("port", 8080, 0) },
    limits: {
      bodyBytes: 1000 * whole("max-body", 256, 1),
      requests: slots + whole("max-waiting", 128, 0),
    },
    access: {
      apiKey: flags["api-key"] === undefined ? undefined : keyOf(flags["api-key"]),
      cors: flags.cors === undefined ? undefined : originOf(flags.cors),
    },
    drainMs: 1000 * drain,
  };
}

async function main(flags: Values<typeof command.flags> & Operands): Promise<number> {
  const { engine, address, limits, access, drainMs } = settings(flags);
  await demandAddress(address);
  const opened = await openChosenDevice(flags.device);
  const models = await loadServed(
    flags.operands,
    opened,
    (decoder, stops) => Engine.open(decoder, { ...engine, stops }),
  );
  const started = Math.floor(Date.now() / 1000);
  const health = watchDevice(opened.device);
  const log = jsonLog(note);
  const handler = makeHandler({ models, limits, started, health, log, access });
  const onListen = (url: string) =>
    log({ message: `Serving ${[...models.keys()].join(", ")} at ${url} on ${opened.label}; Ctrl-C stops` });
  const onStop = (busy: number) => {
    const left = `${counted(busy, "request")} may end within ${drainMs / 1000} s`;
    log({ message: `Stopping: ${left}; Ctrl-C again ends at once` });
  };
  await interruptible((signal) => serveUntil(signal, address, { handler, health, drainMs, onListen, onStop }));
  log({ message: "Stopped" });
  return 0;
}

/** Runs the command with the given arguments, or those of the process, and ends the process. */
export const run = (args?: readonly string[]): Promise<never> => runCommand(command, main, args);

if (import.meta.main) await run();
