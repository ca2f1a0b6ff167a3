// Downloads a range of a file, or all of it: repeated after failures, and resumed where a body broke.
import type { Arrival } from "./growing.ts";
import { refusePage } from "./page.ts";
import { readReply, type Reply, TransientError, UnrangedError } from "./reply.ts";
import { broken, type Repeated, repeated } from "./retry.ts";

/** A file to download. */
export interface Order extends Repeated {
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
  /** Sends a request. */
  readonly send: (url: URL, init: RequestInit) => Promise<Response>;
}

/** What attempts of one download share. */
interface State {
  /** Whether ranges are asked for: from the beginning, to go on after a break, or never as they were of no use. */
  ranged: "always" | "resuming" | "never";
  whole: boolean;
  tag?: string;
  size?: number;
  began?: (reply: Reply) => void;
}

/**
 * Downloads bytes from `into.next` to `order.end` into a range that grows. Resolves when all are there; `began` is called
 * with the answer once the first byte has arrived.
 *
 * @throws as `repeated` does
 */
export async function download(order: Order, into: Arrival, began?: (reply: Reply) => void): Promise<void> {
  const { size, tag } = order;
  const state: State = { ranged: order.ranged ? "always" : "resuming", whole: false, size, tag, began };
  const attempt = async (signal: AbortSignal, live: () => void): Promise<void> => {
    try {
      return await attemptOf(order, into, state, signal, live);
    } catch (error) {
      if (!(error instanceof UnrangedError)) throw error;
      state.ranged = "never";
    }
    await attemptOf(order, into, state, signal, live);
  };
  await repeated(order, attempt, () => into.have);
}

/** One request, and its body as far as it comes. */
async function attemptOf(order: Order, into: Arrival, state: State, signal: AbortSignal, live: () => void) {
  const end = state.whole ? Infinity : order.end;
  const ranged = state.ranged === "always" || (state.ranged === "resuming" && into.have > 0);
  const range = ranged ? [into.next, end] as const : undefined;
  const headers: HeadersInit = range ? { range: `bytes=${range[0]}-${range[1] === Infinity ? "" : range[1] - 1}` } : {};
  const reply = await readReply(await order.send(order.url, { headers, signal }).catch(broken), range);
  if (range && into.next === 0 && !reply.whole && reply.size === undefined) {
    await reply.body?.cancel();
    throw new UnrangedError("its size is not stated");
  }
  check(order, into, state, reply);
  await receive(reply, order, into, state, live);
}

/** Compares an answer with those before it, and with the limits. */
function check(order: Order, into: Arrival, state: State, { size, tag, whole }: Reply): void {
  const { most } = order;
  const changed = size !== undefined && state.size !== undefined && size !== state.size;
  if (changed) throw new Error(`it had ${state.size} bytes, now it has ${size}`);
  const other = tag !== undefined && state.tag !== undefined && tag !== state.tag;
  if (other) throw new Error(`it has changed after ${into.next} bytes`);
  if (whole && into.base === 0) state.whole = true;
  if (state.whole && (size ?? 0) > most) throw new Error(`the server sends all of its ${size} bytes, at most ${most}`);
  state.size ??= size;
  state.tag ??= tag;
}

/** Reads a body; bytes that are there already are passed over, and those past the end are left. */
async function receive(reply: Reply, order: Order, into: Arrival, state: State, live: () => void): Promise<void> {
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
    await into.take(fresh, limit - into.base);
    begin(state, reply);
  }
  if (limit < Infinity && into.next < limit) {
    throw new TransientError(`the body ends after ${into.have} of ${limit - into.base} bytes`);
  }
  begin(state, reply);
  const rest = await reader?.read().catch(() => undefined); // normally its end, so that the connection is used again
  if (rest?.value) await reader!.cancel().catch(() => {});
}

function begin(state: State, reply: Reply): void {
  state.began?.(reply);
  state.began = undefined;
}
