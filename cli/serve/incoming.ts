/** The form of a request that the routes read: lines and headers as sent, nothing parsed further. */
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
  /** Aborts when the answer is not wanted any more; the reason may be a {@link Refusal}. */
  readonly signal: AbortSignal;
  /** The answer, where the connection already found an error. */
  readonly fault?: Refusal;
}

/** Answers a request. Never rejects. */
export type Handler = (incoming: Incoming) => Promise<Response>;

/** The path of a target of any form, as it was sent; `/` where there is none. */
export function pathOf(url: string): string {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? "";
  return url.slice(origin.length).split(/[?#]/, 1)[0] || "/";
}
