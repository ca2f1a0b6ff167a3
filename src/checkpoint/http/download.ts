// Downloads a range of a file, or all of it: repeated with growing pauses, and resumed where a body broke.
import { reasonOf } from "../messages.ts";
import type { Growing } from "./growing.ts";
import { AbsentError, readReply, type Reply, TransientError, UnrangedError } from "./reply.ts";
import { PageError, refusePage } from "./page.ts";

/** Times of a download. */
export interface Timing {
  /** Milliseconds without a byte after which an attempt fails; 30 s unless given. */
  readonly stalledMs?: number;
  /** Milliseconds before the second attempt, twice as many before every further one; 250 unless given. */
  readonly pauseMs?: number;
}

/** A file to download. */
export interface Order extends Timing {
  /** Its URL. */
  readonly url: URL;
  /** Whether the server is asked for a range. */
  readonly ranged: boolean;
  /** The byte after the last one that is asked for; Infinity for the rest of the file. */
  readonly end: number;
  /** Size of the file in bytes, if it is known. */
  readonly size?: number;
  /** Version of the file, if it is known. */
  readonly tag?: string;
  /** Maximum size of a file that is sent whole. */
  readonly most: number;
  /** Ends the download. */
  readonly signal?: AbortSignal;
  /** Sends a request. */
  readonly send: (url: URL, init: RequestInit) => Promise<Response>;
}

/** Attempts without a new byte after which a download fails. */
const ATTEMPTS = 5;

/**
 * Downloads bytes from `into.next` to `order.end` into a range that grows. Resolves when all are there; `began` is called
 * with the answer once the first byte has arrived.
 *
 * @throws AbsentError and PageError as they come, and any other failure as one error with the URL and the reason
 */
export async function download(order: Order, into: Growing, began?: (reply: Reply) => void): Promise<void> {
  const { url, signal, pauseMs = 250, ranged, size, tag } = order;
  const state: State = { ranged, whole: false, size, tag, began };
  for (let attempt = 1, most = 0;; attempt++) {
    try {
      return await attemptOf(order, into, state);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof AbsentError || error instanceof PageError) throw error;
      if (error instanceof UnrangedError && state.ranged) state.ranged = false;
      else {
        if (into.have > most) attempt = 1;
        const last = !(error instanceof TransientError) || attempt >= ATTEMPTS;
        const count = attempt > 1 ? ` (${attempt} attempts)` : "";
        if (last) throw new Error(`Cannot read ${displayName(url)}: ${reasonOf(error)}${count}`, { cause: error });
        await pause(Math.max(error.waitMs, pauseMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2)), signal);
      }
      most = Math.max(most, into.have);
    }
  }
}

/** The URL in error messages: without credentials and query, which may contain secrets. */
export function displayName(url: URL): string {
  return url.origin + url.pathname;
}

/** What attempts of one download share. */
interface State {
  ranged: boolean;
  whole: boolean;
  tag?: string;
  size?: number;
  began?: (reply: Reply) => void;
}

/** One request, and its body as far as it comes. */
async function attemptOf(order: Order, into: Growing, state: State): Promise<void> {
  const { stalledMs = 30_000, signal } = order;
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const live = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(new Error(`the server sent nothing for ${stalledMs / 1000} s`)), stalledMs);
  };
  live();
  try {
    const end = state.whole ? Infinity : order.end;
    const range = state.ranged || into.have > 0 ? [into.next, end] as const : undefined;
    const reply = await readReply(
      await ask(order, range, AbortSignal.any([stop.signal, ...signal ? [signal] : []])),
      range,
    );
    if (range && into.next === 0 && !reply.whole && reply.size === undefined) {
      await reply.body?.cancel();
      throw new UnrangedError("its size is not stated");
    }
    check(order, into, state, reply);
    await receive(reply, order, into, state, live);
  } catch (error) {
    const stalled = stop.signal.aborted;
    stop.abort(); // ends a body that is of no use
    throw stalled ? new TransientError(reasonOf(stop.signal.reason)) : error;
  } finally {
    clearTimeout(timer);
  }
}

async function ask({ url, send }: Order, range: readonly [number, number] | undefined, signal: AbortSignal) {
  const headers: HeadersInit = range ? { range: `bytes=${range[0]}-${range[1] === Infinity ? "" : range[1] - 1}` } : {};
  try {
    return await send(url, { headers, signal });
  } catch (error) {
    throw new TransientError(reasonOf(error));
  }
}

/** Compares an answer with those before it, and with the limits. */
function check(order: Order, into: Growing, state: State, { size, tag, whole }: Reply): void {
  const { most } = order;
  const changed = size !== undefined && state.size !== undefined && size !== state.size;
  if (changed) throw new Error(`it had ${state.size} bytes, now it has ${size}`);
  if ((into.have > 0 || order.tag) && tag !== state.tag) throw new Error(`it has changed after ${into.next} bytes`);
  if (whole && into.base === 0) state.whole = true;
  if (state.whole && (size ?? 0) > most) throw new Error(`the server sends all of its ${size} bytes, at most ${most}`);
  state.size ??= size;
  state.tag = tag;
}

/** Reads a body; bytes that are there already are passed over, and those past the end are left. */
async function receive(reply: Reply, order: Order, into: Growing, state: State, live: () => void): Promise<void> {
  const limit = Math.min(state.whole ? Infinity : order.end, state.size ?? Infinity);
  const reader = reply.body?.getReader();
  let at = reply.start;
  while (into.next < limit) {
    const chunk = await reader?.read().catch(broken);
    if (!chunk?.value) break;
    live();
    const fresh = chunk.value.subarray(Math.max(0, into.next - at), Math.max(0, limit - at));
    at += chunk.value.length;
    if (state.whole && into.next + fresh.length > order.most) {
      throw new Error(`the server sends more than ${order.most} bytes without an end`);
    }
    if (fresh.length === 0) continue;
    if (into.next === 0) refusePage(fresh);
    into.take(fresh, limit - into.base);
    begin(state, reply);
  }
  if (limit < Infinity && into.next < limit) {
    throw new TransientError(`the body ends after ${into.have} of ${limit - into.base} bytes`);
  }
  begin(state, reply);
  const rest = await reader?.read().catch(() => undefined); // normally its end, so that the connection is used again
  if (rest?.value) await reader!.cancel().catch(() => {});
}

function broken(error: unknown): never {
  throw new TransientError(reasonOf(error));
}

function begin(state: State, reply: Reply): void {
  state.began?.(reply);
  state.began = undefined;
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => (clearTimeout(timer), reject(signal!.reason));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", stop), resolve()), ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
