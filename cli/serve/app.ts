/** The routes of the server; every request gets a response, a count, and a record in the log unless it is a health probe. */
import { VERSION } from "../support/version.ts";
import { corsHeaders, demandKey, preflight } from "./access.ts";
import { chat } from "./chat.ts";
import { complete } from "./completions.ts";
import { embed } from "./embeddings.ts";
import { Exchange } from "./exchange.ts";
import { type Handler, pathOf } from "./incoming.ts";
import { Metrics } from "./metrics.ts";
import { abortedBecause, outOfOrder, Refusal, refusalOf, stopping } from "./refusal.ts";
import { anyModel, type ServedModel, type Service } from "./service.ts";
import { detokenize, tokenize } from "./tokenize.ts";

/** One route. */
interface Route {
  readonly method: "GET" | "POST";
  /** Whether it needs the device. */
  readonly computes?: true;
  /** Whether it is answered while the server stops. */
  readonly always?: true;
  /** Whether it is for probes: it needs no key, and is not logged. */
  readonly probe?: true;
  /** Answers; throws a Refusal otherwise. */
  answer(exchange: Exchange, service: Service, rest: string): Response | Promise<Response>;
}

const MODEL = "/v1/models/";

const routes: Readonly<Record<string, Route>> = {
  "/v1/completions": { method: "POST", computes: true, answer: complete },
  "/v1/chat/completions": { method: "POST", computes: true, answer: chat },
  "/v1/embeddings": { method: "POST", computes: true, answer: embed },
  "/tokenize": { method: "POST", answer: tokenize },
  "/detokenize": { method: "POST", answer: detokenize },
  "/v1/models": {
    method: "GET",
    answer: (_, { models, started }) =>
      Response.json({ object: "list", data: [...models.values()].map((model) => describeModel(model, started)) }),
  },
  [MODEL]: {
    method: "GET",
    answer: (_, service, rest) => Response.json(describeModel(anyModel(service, rest), service.started)),
  },
  "/metrics": {
    method: "GET",
    always: true,
    answer: ({ metrics }, service) =>
      new Response(metrics.text(service), { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } }),
  },
  "/health": {
    method: "GET",
    always: true,
    probe: true,
    answer: (exchange, { health: { fault, stopping } }) => {
      exchange.probe = true;
      const reason = fault ?? (stopping ? "the server stops" : undefined);
      const status = reason === undefined ? 200 : 503;
      return Response.json({ status: reason ?? "ok", version: VERSION }, { status });
    },
  },
};

const describeModel = ({ id, kind }: ServedModel, created: number) => ({
  id,
  object: "model",
  created,
  owned_by: "refrain",
  refrain: { kind },
});

/** The route of a path, and the rest of the path. */
function findRoute(pathname: string): { route: string; rest: string } {
  if (Object.hasOwn(routes, pathname) && pathname !== MODEL) return { route: pathname, rest: "" };
  if (!pathname.startsWith(MODEL)) return { route: "other", rest: "" };
  try {
    return { route: MODEL, rest: decodeURIComponent(pathname.slice(MODEL.length)) };
  } catch {
    return { route: "other", rest: "" };
  }
}

async function answer(exchange: Exchange, service: Service, rest: string): Promise<Response> {
  const { request: { method, url, fault }, route } = exchange;
  if (fault) throw fault;
  const found = routes[route];
  if (!found?.probe) demandKey(exchange.request, service.access ?? {});
  if (service.health.stopping && !found?.always) throw stopping();
  if (!found) throw new Refusal(404, `Cannot find ${pathOf(url)}: there is ${Object.keys(routes).join(", ")}`);
  if (method !== found.method && !(method === "HEAD" && found.method === "GET")) {
    const headers = { allow: found.method };
    throw new Refusal(405, `Cannot ${method} ${route}: it takes ${found.method}`, { headers });
  }
  const reason = found.computes && service.health.fault;
  if (reason) throw outOfOrder(reason);
  return await found.answer(exchange, service, rest);
}

/** The answer with the id of its request, and with the headers for the allowed origin. */
function finish(response: Response, { id, request }: Exchange, { access = {} }: Service): Response {
  for (const [name, value] of Object.entries({ "x-request-id": id, ...corsHeaders(request, access) })) {
    response.headers.set(name, value);
  }
  return response;
}

/** Makes the function that answers requests. Every failure becomes a response, a record in the log and a count. */
export function makeHandler(service: Service): Handler {
  const metrics = new Metrics();
  return async (request) => {
    const exchange = new Exchange(request, metrics, service.log);
    try {
      const { route, rest } = findRoute(pathOf(request.url));
      exchange.route = route;
      const response = preflight(request, service.access ?? {}) ?? await answer(exchange, service, rest);
      if (!exchange.streams) exchange.end(response.status);
      return finish(response, exchange, service);
    } catch (thrown) {
      const { signal } = request;
      const refusal = signal.aborted ? abortedBecause(signal) : refusalOf(thrown, service.health);
      exchange.end(refusal.status, refusal.message);
      return finish(refusal.response(), exchange, service);
    }
  };
}
