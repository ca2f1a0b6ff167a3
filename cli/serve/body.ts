/** Reads the JSON of a request within limits of size and time. */
import { parseJsonObject } from "../../src/checkpoint/json.ts";
import { isRecord, reasonOf } from "../../src/checkpoint/messages.ts";
import { Fields, type Json } from "../../src/model/config/fields.ts";
import type { Incoming } from "./incoming.ts";
import { CLIENT_LEFT, Refusal } from "./refusal.ts";

/** The required type: a web page cannot send it to another origin without a preflight request, which is refused. */
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** Default time limit of a body in milliseconds. */
export const BODY_MS = 10_000;

/** Bounds of a body. */
export interface BodyLimits {
  /** Maximum size in bytes. */
  readonly bodyBytes: number;
  /** Time limit in milliseconds, {@link BODY_MS} unless given. */
  readonly bodyMs?: number;
}

/** The refusal of a body that exceeds a limit; its connection closes. */
const unread = (status: number, reason: string, code: string) =>
  new Refusal(status, `Cannot read the request: ${reason}`, { code, headers: { connection: "close" } });

/** Reads the bytes of a body; received bytes count, not the content-length. */
async function readBytes(
  { body, headers }: Incoming,
  { bodyBytes, bodyMs = BODY_MS }: BodyLimits,
): Promise<Uint8Array> {
  const tooLong = (bytes: string) =>
    unread(413, `its body has ${bytes} bytes, ${bodyBytes} is the most`, "body_too_large");
  const promised = headers.get("content-length");
  if (Number(promised) > bodyBytes) throw tooLong(promised!);
  if (!body) return new Uint8Array();
  const reader = body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const slow = unread(408, `its body has not ended within ${bodyMs / 1000} s`, "body_too_slow");
    timer = setTimeout(() => reject(slow), bodyMs);
  });
  late.catch(() => {});
  const read = () =>
    reader.read().catch(() => {
      throw new Refusal(CLIENT_LEFT, "client left");
    });
  try {
    const chunks: Uint8Array[] = [];
    for (let length = 0;;) {
      const { done, value } = await Promise.race([read(), late]);
      if (done) return joined(chunks, length);
      length += value.length;
      if (length > bodyBytes) throw tooLong("more than " + bodyBytes);
      chunks.push(value);
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** A JSON object without the keys that are null, in nested objects too: null means that a parameter is not given. */
function withoutNulls(json: Json): Json {
  const given = Object.entries(json).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([key, value]) => [key, isRecord(value) ? withoutNulls(value) : value]));
}

/**
 * The fields of a request's body; `action` is the action of error messages.
 *
 * Throws a Refusal for another content type (415), too many bytes (413), a body that does not end in time (408), and any other value than a JSON
 * object (400).
 */
export async function readBody(request: Incoming, limits: BodyLimits, action: string): Promise<Fields> {
  const type = request.headers.get("content-type");
  if (!JSON_TYPE.test(type ?? "")) {
    throw new Refusal(415, `Cannot read the request: its content-type is ${type ?? "missing"}, not application/json`);
  }
  const bytes = await readBytes(request, limits);
  try {
    return new Fields(withoutNulls(parseJsonObject(bytes, "read the request")), "body", action);
  } catch (error) {
    throw new Refusal(400, reasonOf(error));
  }
}
