/** Tasks from files of JSON lines. */
import { parseJsonObject } from "../../src/checkpoint/json.ts";
import { FieldError } from "../../src/model/config/fields.ts";
import { readText } from "../support/text.ts";
import type { Item, Kind, Task } from "./items.ts";
import { requestsOf, type Shape, shapeOf } from "./shapes.ts";

/** Name of a file without folder and ending. */
export const nameOf = (path: string): string => path.split(/[\\/]/).pop()!.replace(/\.(jsonl|json|txt)$/, "");

/** Throws the error of a line with the line's number. */
function lineError(path: string, line: number, error: unknown): never {
  if (!(error instanceof FieldError)) throw error;
  throw new Error(`Cannot read line ${line} of ${path}: ${error.message}`);
}

/**
 * Reads the first `limit` documents of a file, all of one form: the given one, or that of the first line.
 *
 * Throws one line with file, line, key and value for whatever cannot be read, and where lines ask for different things.
 */
export async function readTask(
  path: string,
  { shape, limit = Infinity }: { shape?: Shape; limit?: number },
): Promise<Task> {
  const lines = (await readText(path)).split(/\r?\n/).map((text, i) => ({ text, line: i + 1 }));
  const filled = lines.filter(({ text }) => text.trim() !== ""), items: Item[] = [];
  if (filled.length === 0) throw new Error(`Cannot read ${path}: it has no lines`);
  let form = shape, kind: Kind | undefined;
  for (const [id, { text, line }] of filled.slice(0, limit).entries()) {
    const doc = parseJsonObject(new TextEncoder().encode(text), `read line ${line} of ${path}`);
    try {
      form ??= shapeOf(doc);
      const { kind: own, ...requests } = requestsOf(doc, form);
      kind ??= own;
      if (own !== kind) throw new FieldError(`it asks for ${own}, and the lines before it for ${kind}`);
      items.push({ id, doc, ...requests });
    } catch (error) {
      lineError(path, line, error);
    }
  }
  return { name: nameOf(path), kind: kind!, items, original: filled.length };
}
