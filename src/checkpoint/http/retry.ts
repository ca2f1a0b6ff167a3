// Requests that are repeated with growing pauses while their failures may pass.
import { reasonOf } from "../messages.ts";
import { FinalError, TransientError } from "./reply.ts";

/** Times of requests. */
export interface Timing {
  /** Milliseconds without a byte after which an attempt fails; 30 s unless given. */
  readonly stalledMs?: number;
  /** Milliseconds before the second attempt, twice as many before every further one; 250 unless given. */
  readonly pauseMs?: number;
}

/** A request that is repeated. */
export interface Repeated extends Timing {
  /** Its URL. */
  readonly url: URL;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** Attempts without progress after which a request fails. */
const ATTEMPTS = 5;

/**
 * Repeats attempts that fail with a TransientError, until five in line made no progress.
 *
 * @param attempt gets a signal that aborts it, and a function to call for every sign of life of the server
 * @param progress what an attempt increases, such as a number of bytes
 * @throws a FinalError as it comes, and any other failure as one error with the URL and the reason
 */
export async function repeated<R>(
  { url, signal, pauseMs = 250, stalledMs = 30_000 }: Repeated,
  attempt: (signal: AbortSignal, live: () => void) => Promise<R>,
  progress: () => number = () => 0,
): Promise<R> {
  for (let count = 1, most = 0;; count++) {
    try {
      return await watched(stalledMs, signal, attempt);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof FinalError) throw error;
      if (progress() > most) count = 1;
      most = progress();
      if (!(error instanceof TransientError) || count >= ATTEMPTS) {
        const attempts = count > 1 ? ` (${count} attempts)` : "";
        throw new Error(`Cannot read ${displayName(url)}: ${reasonOf(error)}${attempts}`, { cause: error });
      }
      await pause(Math.max(error.waitMs, pauseMs * 2 ** (count - 1) * (0.75 + Math.random() / 2)), signal);
    }
  }
}

/** The URL in error messages: without credentials and query, which may contain secrets. */
export function displayName(url: URL): string {
  return url.origin + url.pathname;
}

/** Throws what a request or a body failed with as an error that may pass. */
export function broken(error: unknown): never {
  throw new TransientError(reasonOf(error));
}

/** One attempt, which fails after some time without a sign of life. */
async function watched<R>(
  stalledMs: number,
  signal: AbortSignal | undefined,
  attempt: (signal: AbortSignal, live: () => void) => Promise<R>,
): Promise<R> {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const live = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(new Error(`the server sent nothing for ${stalledMs / 1000} s`)), stalledMs);
  };
  live();
  try {
    return await attempt(AbortSignal.any([stop.signal, ...signal ? [signal] : []]), live);
  } catch (error) {
    const stalled = stop.signal.aborted;
    stop.abort(); // ends a body that is of no use
    throw stalled ? new TransientError(reasonOf(stop.signal.reason)) : error;
  } finally {
    clearTimeout(timer);
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => (clearTimeout(timer), reject(signal!.reason));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", stop), resolve()), ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
