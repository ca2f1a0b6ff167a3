/** `serve` as a process on a port of its own. */
import { assert } from "@std/assert";
import { start } from "./support.ts";

/** A server that runs. */
export interface ServeProcess {
  readonly url: string;
  readonly pid: number;
  /** All that it wrote to standard error so far. */
  said(): string;
  interrupt(signal?: Deno.Signal): void;
  /** Its exit code and all that it wrote to standard error. */
  ended(): Promise<{ code: number; err: string }>;
}

/** Starts a server, and waits until it serves. */
export async function serveProcess(...args: string[]): Promise<ServeProcess> {
  const child = start("serve", ["--port", "0", ...args]);
  await child.stdin.close();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let err = "";
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    err += next.value;
    if (err.includes("Ctrl-C stops")) break;
  }
  const url = err.match(/ at (http:\S+) on [^;]*;/)?.[1];
  assert(url, err);
  const rest = (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) err += next.value;
    await child.stdout.cancel();
    return { code: (await child.status).code, err };
  })();
  const interrupt = (signal: Deno.Signal = "SIGINT") => child.kill(signal);
  return { url, pid: child.pid, said: () => err, interrupt, ended: () => rest };
}
