/** Between Node's HTTP server and the routes: requests come in as {@link Incoming}, answers go out as they are taken. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Incoming } from "./incoming.ts";
import { CLIENT_LEFT, Refusal } from "./refusal.ts";

/** Bytes of the lines of a request's head at most. */
export const HEAD_BYTES = 16_384;

/** Milliseconds in which the rest of a body is thrown away, so that its client reads the answer before the end. */
const LINGER = 300;

/** What is left of a body, as it is asked for. */
function bodyOf(request: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = request.iterator({ destroyOnReturn: false });
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

/** A request of a connection. */
export function incomingOf(request: IncomingMessage, signal: AbortSignal): Incoming {
  const { method = "-", url = "-", headers } = request;
  const get = (name: string) => {
    const value = headers[name.toLowerCase()];
    return value === undefined ? null : String(value);
  };
  return { method, url, headers: { get }, body: bodyOf(request), signal };
}

/** What comes instead of a request where a connection brought none that can be answered; the lines of one, if there are. */
export function unreadable(
  fault: Refusal,
  { method = "-", url = "-" }: { method?: string; url?: string } = {},
): Incoming {
  const { signal } = new AbortController();
  return { method, url, headers: new Headers(), body: null, signal, fault };
}

/** Where an answer goes. */
interface Outlet {
  readonly request: IncomingMessage;
  readonly out: ServerResponse;
  /** Milliseconds for which its client may take nothing. */
  readonly stalledMs: number;
  /** Gives the request up. */
  readonly controller: AbortController;
}

/** Whether an event of an answer comes within so many milliseconds, and before its connection is closed. */
function comes({ out, request: { socket }, stalledMs }: Outlet, event: "drain" | "finish"): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (came: boolean) => {
      clearTimeout(timer);
      out.off(event, yes);
      socket.off("close", no);
      resolve(came);
    };
    const [yes, no] = [true, false].map((came) => () => end(came));
    const timer = setTimeout(no, stalledMs);
    out.on(event, yes);
    socket.on("close", no); // an answer behind another one has no event for that
  });
}

/**
 * Sends an answer as fast as its client takes it, or gives the request up: where the client takes nothing any more, or has
 * gone. What was not read of the request goes with its connection.
 */
export async function send(response: Response, outlet: Outlet): Promise<void> {
  const { request, out, stalledMs, controller } = outlet;
  const taken = async (event: "drain" | "finish") => {
    if (await comes(outlet, event)) return true;
    controller.abort(new Refusal(CLIENT_LEFT, `client took nothing for ${stalledMs / 1000} s`));
    out.destroy();
    return false;
  };
  const gone = () => out.destroyed || request.socket.destroyed;
  const streams = response.headers.get("content-type")?.startsWith("text/event-stream");
  const chunks = streams ? response.body! : [await response.bytes()];
  const head = new Headers(response.headers);
  if (!streams) head.set("content-length", String((chunks as Uint8Array[])[0].length));
  if (!request.complete) head.set("connection", "close");
  if (!gone()) out.writeHead(response.status, Object.fromEntries(head)).flushHeaders();
  for await (const chunk of chunks) {
    if (gone() || (!out.write(chunk) && !await taken("drain"))) return; // which cancels a stream
  }
  if (gone()) return;
  if (!request.complete) await discard(request);
  const finished = taken("finish");
  out.end();
  await finished;
}

/** Throws away what comes of a body for a short while. */
async function discard(request: IncomingMessage): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LINGER);
    request.resume().on("close", resolve).on("end", resolve).on("error", resolve);
  });
  clearTimeout(timer);
}

/** An answer as bytes of a connection that had no request. */
export async function rawAnswer(response: Response): Promise<Uint8Array> {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = {
    ...Object.fromEntries(response.headers),
    "content-length": String(body.length),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`, ...lines, "", ""].join("\r\n");
  return new Uint8Array([...new TextEncoder().encode(head), ...body]);
}

/** Why a connection's bytes are no request. */
export function refusalOfBytes(
  { code, message }: NodeJS.ErrnoException,
  { headersMs, requestMs }: { readonly headersMs: number; readonly requestMs: number },
): Refusal {
  const refuse = (status: number, reason: string) => new Refusal(status, `Cannot read the request: ${reason}`);
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return refuse(
      408,
      `its head has not ended within ${headersMs / 1000} s, or all of it within ${requestMs / 1000} s`,
    );
  }
  if (code === "HPE_HEADER_OVERFLOW") return refuse(431, `its head has more than ${HEAD_BYTES} bytes`);
  return refuse(400, `it is not HTTP/1.1 (${message})`);
}
