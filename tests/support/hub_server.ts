/**
 * A server of the Hub's form on this machine: revisions, tokens, and large files on another server.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Faults, type Files, type FileServer, fileServer, sendFile, tagOf } from "./file_server.ts";

/** Models by "owner/name"; their branches and tags have commits, and commits have files. */
export interface HubModel {
  refs: Record<string, string>;
  commits: Record<string, Files>;
  /** A token without which it does not show. */
  token?: string;
  /** Whether its authors give access one by one. */
  gated?: boolean;
}

/** A commit by a letter. */
export const commitOf = (letter: string) => letter.repeat(40);

const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

/** Starts the Hub, and the server of its large files; `allow` sets headers that let pages of other servers read. */
export async function hubServer(
  models: Record<string, HubModel>,
  faults: Faults = {},
  allow: (response: ServerResponse) => void = () => {},
): Promise<{ hub: FileServer; cdn: FileServer } & AsyncDisposable> {
  const large: Files = {};
  const cdn = await fileServer(large, faults, ({ headers }, response) => {
    allow(response);
    if (headers.authorization) response.writeHead(400).end("two ways of authentication");
    return Boolean(headers.authorization);
  });
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    allow(response);
    if (request.method === "OPTIONS") return response.writeHead(204).end(), true;
    const [, model, revision, file] = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(request.url!)!;
    const refuse = (status: number, code: string) => {
      response.writeHead(status, { "x-error-code": code }).end();
      return true;
    };
    const found = models[model], bearer = request.headers.authorization;
    if (!found || (found.token && bearer !== `Bearer ${found.token}`)) {
      return refuse(bearer ? 404 : 401, "RepoNotFound");
    }
    if (found.gated) return refuse(403, "GatedRepo");
    const ref = decodeURIComponent(revision), commit = found.refs[ref] ?? ref;
    if (!found.commits[commit]) return refuse(404, "RevisionNotFound");
    const content = found.commits[commit][file];
    response.setHeader("x-repo-commit", commit);
    if (!content) return refuse(404, "EntryNotFound");
    if (!file.endsWith(".safetensors")) return sendFile(request, response, content, faults), true;
    large[`/${sha256(content)}`] = content;
    response.writeHead(302, {
      location: `${cdn.base}/${sha256(content)}?signature=1`,
      "x-linked-etag": `"${sha256(content)}"`,
      "x-linked-size": content.length,
      etag: tagOf(content),
    }).end();
    return true;
  };
  const hub = await fileServer({}, { latencyMs: faults.latencyMs, first: faults.first }, answer);
  const close = async () => (await hub[Symbol.asyncDispose](), await cdn[Symbol.asyncDispose]());
  return { hub, cdn, [Symbol.asyncDispose]: close };
}
