/** A request in the form that the routes read: nothing about it has been parsed but its lines. */
import type { Refusal } from "./refusal.ts";

/** A request; every `Request` is one. */
export interface Incoming {
  /** Its method, whatever it is. */
  readonly method: string;
  /** Its target: a URL, a path with a query, or anything else that a client sent. */
  readonly url: string;
  /** Its headers. */
  readonly headers: Pick<Headers, "get">;
  /** Its bytes. */
  readonly body: ReadableStream<Uint8Array> | null;
  /** Aborted when no answer can reach the client any more; the reason may be a {@link Refusal}. */
  readonly signal: AbortSignal;
  /** Why it cannot be answered, where the connection already knows. */
  readonly fault?: Refusal;
}

/** Answers a request. Never rejects. */
export type Handler = (incoming: Incoming) => Promise<Response>;

/** The path of a target of any form, as it was sent; `/` where there is none. */
export function pathOf(url: string): string {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? "";
  return url.slice(origin.length).split(/[?#]/, 1)[0] || "/";
}
