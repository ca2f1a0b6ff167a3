/** Access to the server: the API key, and the origin of web pages (CORS). */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Incoming } from "./incoming.ts";
import { Refusal } from "./refusal.ts";

/** Requirements of access. */
export interface Access {
  /** Key that requests have to give as `Authorization: Bearer KEY`. */
  readonly apiKey?: string;
  /** Origin of the web pages that may read answers, or `*` for every origin. */
  readonly cors?: string;
}

/** Seconds for which browsers may keep the answer of a preflight request. */
const PREFLIGHT_SECONDS = 600;

/** Names of headers in a preflight request, and their greatest total length. */
const HEADER_NAMES = /^[\w, -]{1,1000}$/;

/** Compares texts in a time that depends on their lengths alone: digests of equal length are compared. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Throws a Refusal (401) unless the request gives the key, where there is one. */
export function demandKey({ headers }: Incoming, { apiKey }: Access): void {
  if (apiKey === undefined) return;
  const given = headers.get("authorization");
  const token = /^bearer +(.*)$/i.exec(given ?? "")?.[1];
  if (token !== undefined && sameText(token, apiKey)) return;
  const reason = given === null
    ? "there is no header Authorization: Bearer KEY"
    : token === undefined
    ? "its header Authorization is not of the form Bearer KEY"
    : "its API key is wrong";
  const details = { code: "invalid_api_key", headers: { "www-authenticate": "Bearer" } };
  throw new Refusal(401, `Cannot accept the request: ${reason}`, details);
}

/** Whether web pages of the request's origin may read the answer. */
function allows({ headers }: Incoming, { cors }: Access): boolean {
  return cors !== undefined && (cors === "*" || headers.get("origin") === cors);
}

/** Headers by which a browser gives an answer to a web page of the allowed origin. */
export function corsHeaders(request: Incoming, access: Access): Record<string, string> {
  if (access.cors === undefined) return {};
  const vary: Record<string, string> = access.cors === "*" ? {} : { vary: "Origin" };
  if (!allows(request, access)) return vary;
  const exposed = "x-request-id, retry-after";
  return { ...vary, "access-control-allow-origin": access.cors, "access-control-expose-headers": exposed };
}

/** The answer of a preflight request from the allowed origin; undefined for any other request. */
export function preflight(request: Incoming, access: Access): Response | undefined {
  const { method, headers } = request;
  if (method !== "OPTIONS" || headers.get("access-control-request-method") === null) return undefined;
  if (!allows(request, access)) return undefined;
  const names = headers.get("access-control-request-headers") ?? "";
  const asked: Record<string, string> = HEADER_NAMES.test(names) ? { "access-control-allow-headers": names } : {};
  const age = { "access-control-max-age": String(PREFLIGHT_SECONDS) };
  return new Response("", { headers: { "access-control-allow-methods": "GET, POST", ...age, ...asked } });
}

/** Checks the origin of `--cors`. Throws one line otherwise. */
export function originOf(given: string): string {
  const origin = URL.canParse(given) ? new URL(given).origin : undefined;
  if (given === "*" || (given === origin && origin !== "null")) return given;
  const nearest = origin === undefined || origin === "null" ? "https://app.example" : origin;
  throw new Error(`Cannot read --cors ${given}: expected an origin such as ${nearest}, or *`);
}
