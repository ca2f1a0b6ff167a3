/** Finds the text files of a source. */
import { type Stats, statSync } from "node:fs";
import * as fs from "node:fs/promises";
import { isMissing } from "../../src/checkpoint/host.ts";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { isTagged } from "./markup.ts";
import type { SampleConfig } from "../../src/train/config/config.ts";
import type { Opened } from "../support/device.ts";
import { fetchPackage, isPackage } from "./packages.ts";
import { piecesOf } from "./read_text.ts";
import { sampledFile } from "./sampled.ts";

/** Separation of a file into documents. */
export type DocumentFormat =
  /** The whole file. */
  | "file"
  /** Each line. */
  | "lines"
  /** Separated by empty lines. */
  | "blank-lines"
  /** Separated by lines with this text. */
  | { readonly separator: string }
  /** This field of the JSON object of each line. */
  | { readonly field: string };

/** A source of texts. */
export interface SourceOptions {
  /** A file, a folder, a glob, `npm:NAME[@VERSION]` or `apt:NAME[=VERSION]`. */
  readonly from: string;
  /** Separation of its files; unless given, the field `text` of `.jsonl`, the entries of `.json`, whole files otherwise. */
  readonly documents?: DocumentFormat;
  /** The source is a decoder, from which documents are drawn. */
  readonly sample?: SampleConfig;
}

/** Options of finding files. */
export interface FindOptions {
  /** Folder of fetched and drawn texts. */
  readonly cacheDir: string;
  /** Device that draws documents. */
  readonly device?: Opened;
  /** Aborts. */
  readonly signal?: AbortSignal;
}

/** Kind of a file: plain text, JSON lines, a JSON list of texts, HTML, or words with part-of-speech tags. */
export type FileKind = "plain" | "jsonl" | "list" | "html" | "tagged";

/** One file of text. */
export interface TextFile {
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  readonly kind: FileKind;
  readonly documents?: DocumentFormat;
}

/** Files of a package that describe it. */
const ABOUT = /^(?:readme|licen[cs]e|copying|copyright|change(?:s|log)|news|authors|contributing|notice|package)\b/i;

/** The files of a source, in the order of their names. Throws one line when there are none. */
export async function filesOf(
  { from, documents, sample }: SourceOptions,
  { cacheDir, device, signal }: FindOptions,
): Promise<TextFile[]> {
  if (sample) {
    if (!device) throw new Error(`Cannot draw documents from ${from}: no device is given`);
    return [await named(await sampledFile(from, sample, { cacheDir, device, signal }))];
  }
  if (isPackage(from)) {
    const folder = await fetchPackage(from, cacheDir, signal);
    const paths = (await below(folder)).filter((path) => !ABOUT.test(path.slice(path.lastIndexOf("/") + 1)));
    return oneKind(nonEmpty(await described(paths, documents), from));
  }
  const info = await infoOf(from);
  if (info?.isDirectory()) return nonEmpty(await described(await below(from), documents), from);
  if (info) return [await named(from, documents)];
  const paths = (await matching(from)).filter((path) => statSync(path).isFile()).sort();
  if (paths.length === 0) throw new Error(`Cannot read ${from}: there is no such file, folder or package`);
  return await Promise.all(paths.map((path) => named(path, documents)));
}

/** Paths that a glob matches. Throws in Node 20, which has none. */
async function matching(pattern: string): Promise<string[]> {
  const { glob } = fs as { readonly glob?: (pattern: string) => AsyncIterable<string> };
  if (!glob) throw new Error(`Cannot read ${pattern}: there is no such file, and Node 20 matches no globs`);
  const paths: string[] = [];
  for await (const path of glob(pattern)) paths.push(path);
  return paths;
}

/** A file given by name, of any kind. */
async function named(path: string, documents?: DocumentFormat): Promise<TextFile> {
  const file = await fileOf(path, documents);
  return { ...file, kind: file.kind ?? (/\.json(?:\.gz)?$/i.test(path) ? "list" : "plain") };
}

async function infoOf(path: string): Promise<Stats | undefined> {
  try {
    return await fs.stat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new Error(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Paths of all files below a folder except hidden ones, sorted. */
async function below(folder: string): Promise<string[]> {
  const entries = (await fs.readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith("."));
  const paths = entries.sort((a, b) => a.name < b.name ? -1 : 1).map((entry) => {
    const path = `${folder.replace(/\/$/, "")}/${entry.name}`;
    return entry.isDirectory() ? below(path) : entry.isFile() ? [path] : [];
  });
  return (await Promise.all(paths)).flat();
}

/** The text files among some paths. */
async function described(paths: readonly string[], documents?: DocumentFormat): Promise<TextFile[]> {
  const files = await Promise.all(paths.map((path) => fileOf(path, documents)));
  return files.filter((file): file is TextFile => file.kind !== undefined);
}

function nonEmpty(files: TextFile[], from: string): TextFile[] {
  if (files.length > 0) return files;
  throw new Error(`Cannot read ${from}: no file of it is text (.txt, .md, .html, .json, .jsonl, also with .gz)`);
}

/** The files of the kind with the most bytes, as packages often have their texts in several forms; tagged words have priority. */
function oneKind(files: readonly TextFile[]): TextFile[] {
  const bytes = (kind: FileKind) => files.reduce((sum, file) => sum + (file.kind === kind ? file.size : 0), 0);
  const kinds: FileKind[] = ["html", "plain", "list", "jsonl"];
  const largest = bytes("tagged") > 0 ? "tagged" : kinds.sort((a, b) => bytes(b) - bytes(a))[0];
  return files.filter(({ kind }) => kind === largest);
}

/** The kind of a file by its name or its first bytes; undefined if unknown. */
async function fileOf(path: string, documents?: DocumentFormat): Promise<Omit<TextFile, "kind"> & { kind?: FileKind }> {
  const info = await fs.stat(path), { size } = info;
  if (!info.isFile()) throw new Error(`Cannot read ${path}: texts are read several times, which needs a regular file`);
  const [, ending] = path.match(/[^/]\.(\w+)(?:\.gz)?$/) ?? [];
  return { path, size, kind: await kindOf(path, ending?.toLowerCase()), documents };
}

async function kindOf(path: string, ending?: string): Promise<FileKind | undefined> {
  if (/^(?:txt|text|md|rst)$/.test(ending ?? "")) return "plain";
  if (/^x?html?$/.test(ending ?? "")) return "html";
  if (/^(?:jsonl|ndjson)$/.test(ending ?? "")) return "jsonl";
  if (ending !== undefined && ending !== "json") return undefined;
  const pieces = piecesOf(path);
  const start = await pieces.next().catch(() => undefined); // not text: skipped
  await pieces.return(undefined); // closes the file
  const text = start?.value ?? "";
  if (ending === "json") return /^\s*\[\s*"/.test(text) ? "list" : undefined;
  return isTagged(text.slice(0, 4000)) ? "tagged" : undefined;
}
