/** The JSON of a request, read no further than it may be long. */
import { parseJsonObject } from "../../src/checkpoint/json.ts";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { Fields } from "../../src/model/fields.ts";
import { Refusal } from "./refusal.ts";

/** The type that is asked for: a web page cannot send it to another origin without asking first, which is refused. */
const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** Bytes of a body; those that come are counted, whatever its headers promise. */
async function readBytes({ body }: Request, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > most) {
      const message = `Cannot read the request: its body has more than ${most} bytes`;
      throw new Refusal(413, message, { code: "body_too_large", headers: { connection: "close" } });
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * The fields of a request's body; `action` is what cannot be done when one is wrong.
 *
 * Throws a Refusal for another content type (415), more than `most` bytes (413), and what is no JSON object (400).
 */
export async function readBody(request: Request, most: number, action: string): Promise<Fields> {
  const type = request.headers.get("content-type");
  if (!JSON_TYPE.test(type ?? "")) {
    throw new Refusal(415, `Cannot read the request: its content-type is ${type ?? "missing"}, not application/json`);
  }
  const bytes = await readBytes(request, most);
  try {
    return new Fields(parseJsonObject(bytes, "read the request"), "body", action);
  } catch (error) {
    throw new Refusal(400, reasonOf(error));
  }
}
