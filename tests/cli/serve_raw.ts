/** Connections below HTTP: bytes go out as they are, and what comes back is a text. */

/** A connection to a server. */
export interface Raw {
  /** Sends bytes; a text has a byte for each character. False where the connection is closed. */
  send(content: string | Uint8Array): Promise<boolean>;
  /** All that came until the server closed it. */
  readonly closed: Promise<string>;
  /** Closes it. */
  leave(): void;
}

/** Connects to the port of a URL. */
export async function connect(url: string): Promise<Raw> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  let open = true;
  const leave = () => {
    if (open) connection.close();
    open = false;
  };
  const closed = (async () => {
    let got = "";
    const buffer = new Uint8Array(65536);
    try {
      for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
        got += new TextDecoder("latin1").decode(buffer.subarray(0, n));
      }
    } catch { /* it was reset, or left */ }
    leave();
    return got;
  })();
  const send = async (content: string | Uint8Array) => {
    const bytes = typeof content === "string" ? Uint8Array.from(content, (c) => c.charCodeAt(0)) : content;
    try {
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
      return true;
    } catch {
      return false;
    }
  };
  return { send, closed, leave };
}

/** Sends all of a request, and gives all of its answer; the request has to ask for the end of the connection. */
export async function exchange(url: string, content: string | Uint8Array): Promise<{ status: number; text: string }> {
  const { send, closed } = await connect(url);
  await send(content);
  const text = await closed;
  return { status: Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1]), text };
}

/** The count of requests in some metrics. */
export async function requestsOf(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text.matchAll(/^refrain_requests_total\{.*\} (\d+)$/gm).reduce((sum, [, count]) => sum + Number(count), 0);
}
