/** The request interface of the routes, with unparsed target and headers. */
import type { Refusal } from "./refusal.ts";

/** A request; every `Request` is one. */
export interface Incoming {
  /** Its method, not checked. */
  readonly method: string;
  /** Its target: a URL, a path with a query, or another text, not checked. */
  readonly url: string;
  /** Its headers. */
  readonly headers: Pick<Headers, "get">;
  /** Its bytes. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborts when the client or the server cancels the request; the reason may be a {@link Refusal}. */
  readonly signal: AbortSignal;
  /** The answer to an error that the connection detected. */
  readonly fault?: Refusal;
}

/** Answers a request. Never rejects. */
export type Handler = (incoming: Incoming) => Promise<Response>;

/** The unchanged path of a target of any form; `/` without one. */
export function pathOf(url: string): string {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? "";
  return url.slice(origin.length).split(/[?#]/, 1)[0] || "/";
}
