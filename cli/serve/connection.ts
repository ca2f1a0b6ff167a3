/** Conversions between Node's HTTP server and the routes: requests to {@link Incoming}, responses to bytes. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Incoming } from "./incoming.ts";
import { CLIENT_LEFT, Refusal } from "./refusal.ts";

/** Maximum size of a request's head in bytes. */
export const HEAD_BYTES = 16_384;

/** Milliseconds for which the rest of a body is discarded; a reset would keep the client from reading the answer. */
const LINGER = 300;

/** The body of a request, read on demand; it ends with the reason of its signal. */
function bodyOf(request: IncomingMessage, signal: AbortSignal): ReadableStream<Uint8Array> {
  const chunks = request.iterator({ destroyOnReturn: false });
  const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  aborted.catch(() => {});
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await Promise.race([chunks.next(), aborted]);
      if (done) controller.close();
      else controller.enqueue(value);
    },
  }, { highWaterMark: 0 });
}

/** A request of Node's server in the form of the routes. */
export function incomingOf(request: IncomingMessage, signal: AbortSignal): Incoming {
  const { method = "-", url = "-", headers } = request;
  const get = (name: string) => {
    const value = headers[name.toLowerCase()];
    return value === undefined ? null : String(value);
  };
  return { method, url, headers: { get }, body: bodyOf(request, signal), signal };
}

/** A request that fails with `fault`: bytes without a request line, or a request that this server cannot serve. */
export function unreadable(
  fault: Refusal,
  { method = "-", url = "-" }: { method?: string; url?: string } = {},
): Incoming {
  const { signal } = new AbortController();
  return { method, url, headers: new Headers(), body: null, signal, fault };
}

/** Options of sending an answer. */
interface Outlet {
  readonly request: IncomingMessage;
  readonly out: ServerResponse;
  /** Time limit without a byte accepted by the client, in milliseconds. */
  readonly stalledMs: number;
  /** Aborts the signal of the request. */
  readonly controller: AbortController;
}

/** Whether an event of an answer occurs within `stalledMs`, and before the connection closes. */
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
    socket.on("close", no); // a queued answer has no such event
  });
}

/**
 * Sends an answer at the speed of its client. The request is aborted if the client accepts no byte for `stalledMs`. An unread
 * body is discarded, and the connection closes.
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
    if (gone() || (!out.write(chunk) && !await taken("drain"))) return; // cancels a stream
  }
  if (gone()) return;
  if (!request.complete) await discard(request);
  const finished = taken("finish");
  out.end();
  await finished;
}

/** Discards a body until its end, `LINGER` milliseconds at most. */
async function discard(request: IncomingMessage): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LINGER);
    request.resume().on("close", resolve).on("end", resolve).on("error", resolve);
  });
  clearTimeout(timer);
}

/** An answer as the bytes of HTTP/1.1, for a connection without a request. */
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

/** The refusal for an error of Node's parser. */
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
