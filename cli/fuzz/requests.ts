/** Fuzz target: requests to the server without a socket. Each is answered in time, and the next valid one correctly. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { Engine } from "../../src/infer/engine/engine.ts";
import { makeHandler } from "../serve/app.ts";
import { ChatTemplate } from "../serve/chat_template.ts";
import { loadServed } from "../serve/load.ts";
import type { ServedDecoder } from "../serve/service.ts";
import { openReference } from "../support/device.ts";
import { someRequest } from "./bodies.ts";
import type { Draw } from "./draw.ts";
import { Broken, demand, type Outcome, type Target } from "./target.ts";

type Handler = (request: Request) => Promise<Response>;

/** Milliseconds after which a client aborts. */
const PATIENCE = 5000;

const MODELS = ["stories-mor", "stories-modernalbert"];

/** The chat template of the decoder, which has none. */
const TEMPLATE = "{% for message in messages %}{{ message.content }}\n{% endfor %}";

async function openServer(): Promise<Handler> {
  const folders = MODELS.map((name) => decodeURIComponent(new URL(`../../models/${name}`, import.meta.url).pathname));
  const models = await loadServed(folders, await openReference(), (decoder) => Engine.open(decoder, { slots: 4 }));
  const decoder = models.get(MODELS[0]) as ServedDecoder;
  models.set(decoder.id, { ...decoder, chat: new ChatTemplate(TEMPLATE, {}) });
  const limits = { bodyBytes: 100_000, bodyMs: PATIENCE, requests: 8 };
  return makeHandler({ models, limits, started: 1, health: {}, log: () => {} });
}

/** Ids of a deterministic completion, or vectors. */
async function rightAnswer(handler: Handler): Promise<string> {
  const ask = async (path: string, json: unknown) => {
    const given = { method: "POST", body: JSON.stringify(json), headers: { "content-type": "application/json" } };
    const response = await handler(new Request(`http://localhost${path}`, given));
    const text = await response.text();
    demand(response.status === 200, () => `a right request has status ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text);
  };
  const completion = { model: MODELS[0], prompt: "Once upon a time", max_tokens: 3, temperature: 0 };
  const [{ choices }, { data }] = [
    await ask("/v1/completions", completion),
    await ask("/v1/embeddings", { model: MODELS[1], input: "Once upon a time" }),
  ];
  return JSON.stringify([choices, data]);
}

/** The events of a stream, or a JSON object, or plain text of some routes. */
function demandForm(response: Response, text: string, left: boolean): void {
  const type = response.headers.get("content-type") ?? "";
  const events = text.split("\n\n").filter(Boolean).map((event) => event.replace(/^data: /, ""));
  const parts = type.startsWith("text/event-stream") ? events.filter((event) => event !== "[DONE]") : [text];
  if (type.startsWith("text/plain")) return;
  try {
    if (!left && text !== "") parts.forEach((part) => JSON.parse(part));
  } catch (error) {
    throw new Broken(`status ${response.status}, ${type}: not JSON, ${reasonOf(error)}: ${text.slice(0, 300)}`);
  }
}

/** {@link Target} of requests. */
export const requests: Target = {
  name: "requests",
  async open() {
    const handler = await openServer();
    const right = await rightAnswer(handler);
    return async (draw: Draw): Promise<Outcome> => {
      const client = new AbortController();
      const timer = setTimeout(() => client.abort(), draw.chance(0.1) ? draw.below(50) : PATIENCE);
      const request = someRequest(draw, client.signal);
      const response = await handler(request).catch((error) => {
        throw new Broken(`the handler threw ${reasonOf(error)}`);
      });
      const text = await response.text().catch((error) => {
        demand(client.signal.aborted, () => `the body failed: ${reasonOf(error)}`);
        return "";
      });
      clearTimeout(timer);
      const { status } = response;
      demand(status < 500 || status === 503, () => `status ${status}: ${text.slice(0, 500)}`);
      demandForm(response, text, client.signal.aborted);
      if (draw.chance(0.1)) {
        demand(await rightAnswer(handler) === right, () => "a right request has another answer than before");
      }
      return status < 400 ? "taken" : "refused";
    };
  },
};
