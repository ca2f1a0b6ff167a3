/**
 * A web server on this machine for files, with faults to choose.
 *
 * @module
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createHash } from "node:crypto";

/** Files by path, with a slash before it. */
export type Files = Record<string, Uint8Array>;

/** How a server behaves; without any of these it is quick and sound. */
export interface Faults {
  /** Milliseconds before each answer. */
  latencyMs?: number;
  /** `none`: ranges are passed over. `vite`: `bytes=0-0` is answered with all bytes, as by Vite. */
  ranges?: "none" | "vite";
  /** Bodies are compressed, whatever was asked. */
  gzip?: boolean;
  /** The first requests of each path fail: with this status, or `reset` by the closed connection. */
  first?: (503 | "reset")[];
  /** A body is closed after so many bytes. */
  breakAfter?: number;
  /** How many bodies of each path are closed; all unless given. */
  breaks?: number;
  /** A page is the answer for every path without a file. */
  page?: boolean;
  /** No ETag. */
  untagged?: boolean;
}

/** A server that runs. */
export interface FileServer extends AsyncDisposable {
  /** Its address, without a slash at the end. */
  readonly base: string;
  /** Method, path and range of every request. */
  readonly asked: string[];
  /** Its files; a change shows at once. */
  readonly files: Files;
}

const tags = new WeakMap<Uint8Array, string>();

/** The ETag of a file: a hash of its content. */
export function tagOf(content: Uint8Array): string {
  const tag = tags.get(content) ?? `"${createHash("sha1").update(content).digest("hex")}"`;
  tags.set(content, tag);
  return tag;
}

/** Answers one request for a file that is there. */
export function sendFile(
  { method, headers: { range } }: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array,
  faults: Faults,
): void {
  const headers: Record<string, string | number> = faults.untagged ? {} : { etag: tagOf(content) };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  const ranged = from !== undefined && faults.ranges !== "none";
  const all = faults.ranges === "vite" && Number(to) === 0;
  const start = ranged ? Number(from) : 0;
  if (ranged && start >= content.length) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    return;
  }
  const end = ranged && to !== "" && !all ? Math.min(Number(to) + 1, content.length) : content.length;
  if (ranged) headers["content-range"] = `bytes ${start}-${end - 1}/${content.length}`;
  const part = content.subarray(start, end), body = faults.gzip ? gzipSync(part) : part;
  if (faults.gzip) headers["content-encoding"] = "gzip";
  response.writeHead(ranged ? 206 : 200, { ...headers, "content-length": body.length });
  if (method === "HEAD") return void response.end();
  if (faults.breakAfter === undefined || body.length <= faults.breakAfter) return void response.end(body);
  response.write(body.subarray(0, faults.breakAfter), () => response.destroy());
}

/** Takes a request before the files do, or not. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Starts a server. */
export async function fileServer(
  files: Files,
  faults: Faults = {},
  answer: Answer = () => false,
): Promise<FileServer> {
  const asked: string[] = [], counts = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url!, "http://h").pathname);
    asked.push(`${request.method} ${path} ${request.headers.range ?? "-"}`);
    if (faults.latencyMs) await new Promise((resolve) => setTimeout(resolve, faults.latencyMs));
    const count = counts.get(path) ?? 0;
    counts.set(path, count + 1);
    const fault = faults.first?.[count];
    if (fault === "reset") return void request.socket.destroy();
    if (fault) return void response.writeHead(fault).end("busy");
    if (answer(request, response)) return;
    const whole = count >= (faults.breaks ?? Infinity) ? { breakAfter: undefined } : {};
    if (files[path]) return sendFile(request, response, files[path], { ...faults, ...whole });
    if (!faults.page) return void response.writeHead(404).end("no such file");
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>\n<title>app</title>");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => new Promise<void>((closed) => (server.close(() => closed()), server.closeAllConnections()));
  return { base, asked, files, [Symbol.asyncDispose]: close };
}

/** The files of a folder of the repository, below a path. */
export async function filesOf(folder: string, path: string): Promise<Files> {
  const files: Files = {}, url = new URL(`../../${folder}/`, import.meta.url);
  for await (const { name, isFile } of Deno.readDir(url)) {
    if (isFile) files[`${path}/${name}`] = await Deno.readFile(new URL(name, url));
  }
  return files;
}
