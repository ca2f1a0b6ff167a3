/** Reads the documents of files. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { textOfHtml, textOfTagged } from "./markup.ts";
import { checkLength, linesOf, type OnBytes, textOf } from "./read_text.ts";
import type { DocumentFormat, TextFile } from "./sources.ts";

/**
 * The documents of files, trimmed; empty ones are skipped.
 *
 * Throws one line when a file is missing or not UTF-8, or JSON has another form.
 */
export async function* documentsOf(
  files: readonly TextFile[],
  { onBytes, signal }: { readonly onBytes?: OnBytes; readonly signal?: AbortSignal } = {},
): AsyncGenerator<string> {
  for (const file of files) {
    for await (const document of partsOf(file, onBytes)) {
      signal?.throwIfAborted();
      const text = document.trim();
      if (text !== "") yield text;
    }
  }
}

async function* partsOf({ path, kind, documents }: TextFile, onBytes?: OnBytes): AsyncGenerator<string> {
  if (typeof documents === "object" && "field" in documents) return yield* fieldsOf(path, documents.field, onBytes);
  if (kind === "jsonl" && documents === undefined) return yield* fieldsOf(path, "text", onBytes);
  if (kind === "list") {
    const texts = listOf(await textOf(path, onBytes), path);
    return yield* documents === "file" ? [texts.join("\n")] : texts;
  }
  if (kind === "html") return yield* cut(path, textOfHtml(await textOf(path, onBytes)).split("\n"), documents);
  if (kind === "tagged") return yield* cut(path, textOfTagged(await textOf(path, onBytes)).split("\n"), documents);
  if (documents === undefined || documents === "file") yield await textOf(path, onBytes);
  else yield* cut(path, linesOf(path, onBytes), documents);
}

/** Cuts the lines of a file into documents. */
async function* cut(
  path: string,
  lines: Iterable<string> | AsyncIterable<string>,
  format: Exclude<DocumentFormat, { field: string }> = "file",
): AsyncGenerator<string> {
  const separates = (line: string) => {
    if (format === "blank-lines") return line.trim() === "";
    return typeof format === "object" && line.trim() === format.separator.trim();
  };
  let document: string[] = [], length = 0;
  for await (const line of lines) {
    if (!separates(line)) {
      document.push(line);
      checkLength(path, length += line.length + 1);
    }
    if (format !== "lines" && !separates(line)) continue;
    yield document.join("\n");
    document = [], length = 0;
  }
  yield document.join("\n");
}

async function* fieldsOf(path: string, field: string, onBytes?: OnBytes): AsyncGenerator<string> {
  let number = 0;
  for await (const line of linesOf(path, onBytes)) {
    number++;
    if (line.trim() === "") continue;
    const value = parsed(line, `line ${number} of ${path}`) as Record<string, unknown> | null;
    const text = typeof value === "object" ? value?.[field] : undefined;
    if (typeof text === "string") yield text;
    else throw new Error(`Cannot read line ${number} of ${path}: it has no text in the field ${JSON.stringify(field)}`);
  }
}

function listOf(json: string, path: string): string[] {
  const list = parsed(json, path);
  if (Array.isArray(list) && list.every((entry) => typeof entry === "string")) return list;
  throw new Error(`Cannot read ${path}: it is not a list of texts`);
}

function parsed(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new Error(`Cannot read ${what}: not valid JSON, ${reasonOf(error)}`, { cause: error });
  }
}
