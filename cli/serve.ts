/** `deno task serve`: completions and embeddings over HTTP, as OpenAI's clients ask for them. */
import { Engine } from "../src/run/engine/engine.ts";
import { interruptible, note, runCommand } from "./support/command.ts";
import { deviceFlag, openChosenDevice } from "./support/device.ts";
import { helpFlag, numberOf, type Operands, type Values, wholeOf } from "./support/flags.ts";
import { makeHandler } from "./serve/app.ts";
import { demandAddress, serveUntil } from "./serve/listen.ts";
import { loadServed, watchDevice } from "./serve/load.ts";

const command = {
  name: "serve",
  usage: "CHECKPOINT… [options]",
  about:
    `Serves decoders and encoders until Ctrl-C, which lets running requests end for a few seconds; a second one does
not. Requests name a model by its folder.

  POST /v1/completions   text from a decoder, in one answer or as a stream
  POST /v1/embeddings    vectors from an encoder, of unit length unless it declares others
  GET  /v1/models        what is served
  GET  /metrics          numbers for Prometheus
  GET  /health           200, or 503 and why

Beyond OpenAI's parameters there are top_k, min_p, repetition_penalty and max_depth; with
"logprobs": 0 the answer has every token's recursion depth and router score.`,
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

/** Everything about the flags that can be refused before a model is loaded. */
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
    limits: { bodyBytes: 1000 * whole("max-body", 256, 1), requests: slots + whole("max-waiting", 128, 0) },
  };
}

async function main(flags: Values<typeof command.flags> & Operands): Promise<number> {
  const { engine, address, limits } = settings(flags);
  demandAddress(address);
  const opened = await openChosenDevice(flags.device);
  const models = await loadServed(flags.operands, opened, (decoder) => Engine.open(decoder, engine));
  const started = Math.floor(Date.now() / 1000);
  const handler = makeHandler({ models, limits, started, health: watchDevice(opened.device), log: note });
  const welcome = (url: string) =>
    note(`Serving ${[...models.keys()].join(", ")} at ${url} on ${opened.label}; Ctrl-C stops`);
  await interruptible((signal) => serveUntil(signal, address, handler, welcome));
  return 0;
}

if (import.meta.main) await runCommand(command, main);
