// Web servers on this machine, well-behaved and otherwise.

type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

/** Answers a request, given the content of the file it asks for. */
export type Handler = (request: Request, content: Uint8Array<ArrayBuffer> | undefined) => Response | Promise<Response>;

/** Serves files by path on a free port while `body` runs; `asked` collects the path and range of every request. */
export async function serving(
  files: Files,
  handler: Handler,
  body: (base: string, asked: string[]) => Promise<void>,
): Promise<void> {
  const asked: string[] = [];
  const stop = new AbortController();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen() {} }, (request) => {
    const path = new URL(request.url).pathname;
    asked.push(`${path} ${request.headers.get("range")}`);
    return handler(request, files[path]);
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}/m`, asked);
  } finally {
    stop.abort();
    await server.finished;
  }
}

export const missing = () => new Response("no such file", { status: 404 });
export const plain: Handler = (_, content) => content ? new Response(content) : missing();
export const ranged: Handler = (request, content) => {
  if (!content) return missing();
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "") ?? [];
  if (from === undefined) return new Response(content);
  if (Number(from) >= content.length) {
    return new Response(null, { status: 416, headers: { "content-range": `bytes */${content.length}` } });
  }
  const headers = { "content-range": `bytes ${from}-${Math.min(Number(to), content.length - 1)}/${content.length}` };
  return new Response(content.slice(Number(from), Number(to) + 1), { status: 206, headers });
};
