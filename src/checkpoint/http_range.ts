// Byte ranges over HTTP: one request, whose response is checked against the requested range.
import { mostJsonBytes } from "./json.ts";
import { reasonOf } from "./messages.ts";

/** Response of a server: the range with the file's size if stated, the whole file, or a missing file. */
export type Answer =
  | { readonly kind: "range"; readonly bytes: Uint8Array; readonly size: number | undefined }
  | { readonly kind: "whole"; readonly content: Blob }
  | { readonly kind: "missing" };

/** Maximum size of a tensor file from a server without ranges, which is kept whole: 4 GiB. */
const MOST_WHOLE_BYTES = 2 ** 32;

/** Milliseconds without a byte after which a request fails. */
const STALLED_MS = 60_000;

/**
 * Requests bytes [start, end) of a file, or the whole file without a range. A whole file may have 4 GiB, a JSON file the
 * limit of {@link mostJsonBytes}; a longer body is cancelled.
 *
 * @throws on any status but 200, 206, 404, 410 and (for an empty file) 416, on a body of another length than announced,
 * after a minute without a byte, and with the signal's reason when aborted
 */
export async function request(
  url: URL,
  range?: [start: number, end: number],
  signal?: AbortSignal,
  stalledMs = STALLED_MS,
): Promise<Answer> {
  const stalled = new AbortController();
  const stop = () => stalled.abort(new Error(`the server sent nothing for ${stalledMs / 1000} s`));
  let timer = setTimeout(stop, stalledMs);
  const onBytes = () => {
    clearTimeout(timer);
    timer = setTimeout(stop, stalledMs);
  };
  try {
    const headers: HeadersInit = range ? { range: `bytes=${range[0]}-${range[1] - 1}` } : {};
    const either = AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]);
    const response = await fetch(url, { headers, signal: either });
    const most = url.pathname.endsWith(".safetensors") ? MOST_WHOLE_BYTES : mostJsonBytes(url.pathname);
    return await answer(response, { most, onBytes }, range);
  } catch (error) {
    signal?.throwIfAborted();
    const reason = stalled.signal.aborted ? stalled.signal.reason : error;
    throw new Error(`Cannot read ${displayName(url)}: ${reasonOf(reason)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** The URL in error messages: without credentials and query, which may contain secrets. */
export function displayName(url: URL): string {
  return url.origin + url.pathname;
}

/** Options of reading a body: maximum size of a whole file, and a callback for every chunk. */
interface Reading {
  readonly most: number;
  readonly onBytes: () => void;
}

async function answer(response: Response, reading: Reading, range?: [number, number]): Promise<Answer> {
  const { status, headers } = response;
  const sent = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  const size = sent && sent[3] !== "*" ? Number(sent[3]) : undefined;
  if (status === 206 && range) {
    if (sent && Number(sent[1]) !== range[0]) {
      await response.body?.cancel();
      throw new Error(`asked for bytes from ${range[0]}, the server sent them from ${sent[1]}`);
    }
    return { kind: "range", bytes: await readExactly(response, range[1] - range[0], reading), size };
  }
  if (status === 200) return { kind: "whole", content: await readWhole(response, reading.most, reading.onBytes) };
  await response.body?.cancel();
  if (status === 404 || status === 410) return { kind: "missing" };
  if (status === 416 && size === 0) return { kind: "whole", content: new Blob([]) };
  throw new Error(`the server answered ${status} ${response.statusText}`.trimEnd());
}

/**
 * Reads a body to its end.
 *
 * @throws as soon as it announces or sends more than `most` bytes; the rest is not read
 */
export async function readWhole(response: Response, most: number, onBytes = () => {}): Promise<Blob> {
  const announced = Number(response.headers.get("content-length") ?? 0);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let have = 0;
  if (announced > most) {
    await response.body?.cancel();
    throw new Error(`the server sends all of its ${announced} bytes, at most ${most}`);
  }
  for await (const chunk of response.body ?? []) {
    onBytes();
    have += chunk.length;
    if (have > most) throw new Error(`the server sends more than ${most} bytes without an end`); // cancels the body
    chunks.push(chunk);
  }
  return new Blob(chunks);
}

async function readExactly(response: Response, length: number, { onBytes }: Reading): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let have = 0;
  for await (const chunk of response.body ?? []) {
    onBytes();
    if (have + chunk.length > length) throw new Error(`the server sent more than the ${length} bytes asked for`);
    bytes.set(chunk, have);
    have += chunk.length;
  }
  if (have < length) throw new Error(`the body ends after ${have} of ${length} bytes`);
  return bytes;
}
