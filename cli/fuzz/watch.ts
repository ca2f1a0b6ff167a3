/** Watches a child process for cases that hang, crash or exceed the memory limit. */
import type { Line } from "./child.ts";

/** Result of a child process. */
export interface Watched {
  /** Cases that ended. */
  readonly cases: number;
  /** Number of accepted cases. */
  readonly taken: number;
  /** Seed and reason of the failed case. */
  readonly failure?: { readonly seed: number; readonly reason: string };
}

/** Bounds of a case. */
export interface Bounds {
  /** Seconds. */
  readonly seconds: number;
  /** Memory of the process in bytes; not checked on systems without /proc. */
  readonly bytes: number;
}

/** Factor of the time limit until the first case. */
const START = 10;

/** Milliseconds between two checks of a child. */
const LOOK = 250;

/** Resident memory of a process in bytes; 0 on systems without /proc. */
async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
}

/** Runs a script with arguments, cases from a seed on, until the time is up or one fails. */
export async function watch(
  script: readonly string[],
  seed: number,
  milliseconds: number,
  bounds: Bounds,
  onCase: (cases: number) => void = () => {},
): Promise<Watched> {
  const args = ["run", "-A", "--quiet", ...script, String(seed)];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped", stderr: "piped" }).spawn();
  const errors = new Response(child.stderr).text();
  const now = {
    seed,
    begun: false,
    cases: 0,
    taken: 0,
    since: performance.now(),
    reason: undefined as string | undefined,
  };
  const stop = (reason?: string) => {
    now.reason ??= reason;
    try {
      child.kill("SIGKILL");
    } catch { /* it has ended */ }
  };
  const end = performance.now() + milliseconds;
  const timer = setInterval(async () => {
    const spent = (performance.now() - now.since) / 1000, bytes = await residentBytes(child.pid);
    if (spent > bounds.seconds * (now.begun ? 1 : START)) stop(`no end after ${spent.toFixed(0)} s`);
    else if (bytes > bounds.bytes) stop(`${(bytes / 1e9).toFixed(1)} GB of memory, at most ${bounds.bytes / 1e9}`);
    else if (performance.now() > end) stop();
  }, LOOK);
  for await (const line of linesOf(child.stdout)) {
    now.since = performance.now(), now.begun = true;
    if ("seed" in line) now.seed = line.seed;
    else if ("broken" in line) stop(line.broken);
    else now.cases++, now.taken += Number(line.outcome === "taken"), onCase(now.cases);
  }
  const { code } = await child.status;
  clearInterval(timer);
  const died = performance.now() <= end
    ? `the process ended with code ${code}: ${(await errors).slice(-2000)}`
    : undefined;
  const reason = now.reason ?? died;
  await errors;
  return { cases: now.cases, taken: now.taken, failure: reason === undefined ? undefined : { seed: now.seed, reason } };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Line> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}
