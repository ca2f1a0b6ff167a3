// The answer to one HTTP request for a file: its status and headers, checked.

/** Answer of a server. */
export interface Reply {
  /** Position of the first byte of the body in the file. */
  readonly start: number;
  /** Whether the body is the file to its end. */
  readonly whole: boolean;
  /** Size of the file, if it is stated. */
  readonly size?: number;
  /** Version of the file, as of {@link tagOf}. */
  readonly tag?: string;
  /** Its headers. */
  readonly headers: Headers;
  /** Its body; undefined for an empty one. */
  readonly body?: ReadableStream<Uint8Array>;
}

/** A request failed in a way that may pass: it is worth another attempt. */
export class TransientError extends Error {
  /** With the milliseconds that the server asks to wait. */
  constructor(message: string, readonly waitMs = 0) {
    super(message);
  }
}

/** Another attempt would end the same; its message is for users as it is. */
export class FinalError extends Error {}

/** The server has no such file. */
export class AbsentError extends FinalError {}

/** The answer to a request for a range is of no use: the file is asked for without one. */
export class UnrangedError extends Error {}

/** Statuses of overload and of trouble behind the server. */
const TRANSIENT = [408, 425, 429, 500, 502, 503, 504];

/** Longest wait that a server may ask for, in milliseconds. */
const LONGEST_WAIT = 60_000;

/**
 * Checks the answer to a request for bytes [start, end) or, without a range, for a file. A body that is of no use is
 * cancelled.
 *
 * @throws AbsentError for 404 and 410, UnrangedError for an encoded part, TransientError for 408, 425, 429 and 5xx
 */
export async function readReply(response: Response, range?: readonly [number, number]): Promise<Reply> {
  try {
    return check(response, range);
  } catch (error) {
    await response.body?.cancel().catch(() => {});
    throw error;
  }
}

function check(response: Response, range?: readonly [number, number]): Reply {
  const { status, headers } = response, body = response.body ?? undefined;
  const encoded = !/^(?:identity)?$/.test(headers.get("content-encoding") ?? "");
  const tag = tagOf(headers);
  const sent = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  const size = sent && sent[3] !== "*" ? sizeOf(sent[3]) : undefined;
  if (range && encoded && (status === 200 || status === 206)) throw new UnrangedError("a part of it is encoded");
  if (status === 206 && range) {
    const start = sent?.[1] === undefined ? range[0] : Number(sent[1]);
    if (start > range[0]) throw new Error(`asked for bytes from ${range[0]}, the server sent them from ${start}`);
    const ends = sent && size === undefined && Number(sent[2]) + 1 < range[1] ? Number(sent[2]) + 1 : size;
    return { start, whole: false, size: ends, tag, headers, body };
  }
  if (status === 200) {
    const length = encoded ? null : headers.get("content-length");
    return { start: 0, whole: true, size: length === null ? undefined : sizeOf(length), tag, headers, body };
  }
  if (status === 416 && size !== undefined && range && size <= range[0]) {
    body?.cancel().catch(() => {});
    return { start: size, whole: false, size, tag, headers };
  }
  throw refusal(response);
}

/** The version of a file: its ETag, or else the time of its last change. */
export function tagOf(headers: Headers): string | undefined {
  return headers.get("etag")?.replace(/^W\//, "") ?? headers.get("last-modified") ?? undefined;
}

function sizeOf(text: string): number {
  const size = Number(text);
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new Error(`the server gives its size as ${size} bytes`);
}

/** The error for an answer that is no file. */
export function refusal({ status, statusText, headers }: Response): Error {
  const message = `the server answered ${status} ${statusText}`.trimEnd();
  if (status === 404 || status === 410) return new AbsentError(message);
  if (!TRANSIENT.includes(status)) return new Error(message);
  const after = headers.get("retry-after") ?? "";
  const wait = /^\d+$/.test(after) ? 1000 * Number(after) : Math.max(0, Date.parse(after) - Date.now()) || 0;
  if (wait <= LONGEST_WAIT) return new TransientError(message, wait);
  return new Error(`${message}, and asks to wait ${Math.round(wait / 1000)} s`);
}
