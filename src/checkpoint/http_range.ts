// Byte ranges over HTTP: one request, checked against what was asked for, with the ways a server may answer told apart.
import { mostJsonBytes } from "./json.ts";
import { reasonOf } from "./messages.ts";

/** What a server gave: the range, with the file's size if it told, or the whole file, or nothing because there is none. */
export type Answer =
  | { readonly kind: "range"; readonly bytes: Uint8Array; readonly size: number | undefined }
  | { readonly kind: "whole"; readonly content: Blob }
  | { readonly kind: "missing" };

/** Bytes of a file of tensors that is kept whole at most, 4 GiB: its server answers no ranges. */
const MOST_WHOLE_BYTES = 2 ** 32;

/** Milliseconds without a byte after which a server counts as stalled. */
const STALLED_MS = 60_000;

/**
 * Asks for bytes [start, end) of a file, or for all of it when no range is given. A whole file that is sent has at most
 * 4 GiB, or as many bytes as are read of a JSON file; a body without end is left there.
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

/** The URL as error messages show it: without credentials and query, which may hold secrets. */
export function displayName(url: URL): string {
  return url.origin + url.pathname;
}

/** How bodies are read: bytes of a whole file at most, and what is called for every piece. */
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
    if (have > most) throw new Error(`the server sends more than ${most} bytes without an end`); // ends the reading
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
