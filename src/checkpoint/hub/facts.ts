// What the Hub says about a file before its content is asked for.
import type { Order } from "../http/download.ts";
import { FinalError, refusal } from "../http/reply.ts";
import { broken, type Repeated, repeated } from "../http/retry.ts";
import { reasonOf } from "../messages.ts";
import type { HubId } from "./id.ts";
import type { HubSettings } from "./settings.ts";

/** A file of a model on the Hub. */
export interface Facts {
  /** Whether there is such a file. */
  readonly there: boolean;
  /** The commit of the revision, if the Hub says it. */
  readonly commit?: string;
  /** ETag of the content, without quotes. */
  readonly tag?: string;
  /** Size in bytes, if it is stated. */
  readonly size?: number;
}

/** A request for facts. */
export interface Question extends Repeated {
  /** The model. */
  readonly id: HubId;
  /** The Hub. */
  readonly settings: HubSettings;
  /** Sends a request. */
  readonly send: Order["send"];
  /** Whether redirections to other servers are followed; in browsers, which hide them, they are. */
  readonly redirect: "manual" | "follow";
}

const REDIRECTS = [301, 302, 303, 307, 308];

/** The URL of a file of a model at a revision. */
export function fileUrl({ endpoint }: HubSettings, { model }: HubId, revision: string, file: string): URL {
  const path = file.split("/").map(encodeURIComponent).join("/");
  return new URL(`${endpoint}/${model}/resolve/${encodeURIComponent(revision)}/${path}`);
}

/** A function that sends requests to the Hub with the token, which redirections to other servers do not get. */
export function sender({ token }: HubSettings): Order["send"] {
  return async (url, init) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    return await fetch(url, { ...init, headers });
  };
}

/**
 * Asks the Hub about a file. Redirections are followed on the Hub only, as what they lead to does not know the ETag.
 *
 * @throws naming the model where it does not exist, is private or gated, or lacks the revision
 */
export async function factsOf(question: Question): Promise<Facts> {
  const { id: { model, elsewhere } } = question;
  try {
    return await asked(question);
  } catch (error) {
    question.signal?.throwIfAborted();
    if (error instanceof FinalError || !elsewhere) throw error;
    throw new Error(`Cannot open ${model}: ${elsewhere}, and the Hub gives no answer: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function asked(question: Question): Promise<Facts> {
  return repeated(question, async (signal) => {
    let url = question.url;
    for (let hops = 0;; hops++) {
      const init = { method: "HEAD", redirect: question.redirect, signal } as const;
      const response = await question.send(url, init).catch(broken);
      await response.body?.cancel();
      const location = response.headers.get("location");
      const next = REDIRECTS.includes(response.status) && location ? new URL(location, url) : undefined;
      if (!next || next.origin !== url.origin || hops === 5) return readFacts(question, response, next !== undefined);
      url = next;
    }
  });
}

function readFacts({ id, settings, url }: Question, response: Response, moved: boolean): Facts {
  const { status, headers } = response, code = headers.get("x-error-code") ?? "";
  const commit = headers.get("x-repo-commit") ?? /\/([0-9a-f]{40})\//.exec(new URL(response.url || url).pathname)?.[1];
  const refused = why(id, settings, status, code);
  if (refused) throw new FinalError(`Cannot open ${id.model}: ${refused}`);
  if (status === 404) return { there: false, commit };
  if (!response.ok && !moved) throw refusal(response);
  const tag = (headers.get("x-linked-etag") ?? headers.get("etag"))?.replace(/^(?:W\/)?"|"$/g, "");
  const encoded = headers.has("content-encoding") || moved;
  const size = headers.get("x-linked-size") ?? (encoded ? null : headers.get("content-length"));
  return { there: true, commit, tag, size: size === null ? undefined : Number(size) };
}

/** Why the Hub gives no file of a model. */
function why({ model, revision, elsewhere }: HubId, { endpoint, token }: HubSettings, status: number, code: string) {
  if (code === "GatedRepo") return `its authors give access one by one, ask them at ${endpoint}/${model}`;
  if (code === "RevisionNotFound") return `${endpoint} has no revision ${revision} of it`;
  if (status !== 401 && status !== 403 && code !== "RepoNotFound") return undefined;
  const access = token === undefined
    ? "a private one needs a token (`token`, or HF_TOKEN)"
    : "or the token gives no access";
  return `${elsewhere ? `${elsewhere}, and ` : ""}${endpoint} has no such model, ${access}`;
}
