/** Listens until a signal, then waits a bounded time for unanswered requests. */
import { createServer } from "node:net";
import { reasonOf } from "../../src/checkpoint/messages.ts";
import type { Handler } from "./incoming.ts";
import type { Health } from "./refusal.ts";
import { BoundedServer, type ConnectionLimits } from "./server.ts";

/** Where to listen. */
export interface Address {
  /** Host name or IP address. */
  readonly hostname: string;
  /** Port; 0 selects a free one. */
  readonly port: number;
}

/** Default seconds for unanswered requests after the signal; supervisors commonly kill after 30 s. */
export const DRAIN_SECONDS = 25;

/** Bounds of connections; `--help` states them. */
export const CONNECTIONS: ConnectionLimits = {
  connections: 512,
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 15_000,
  stalledMs: 30_000,
};

/** Checks, before models are loaded, that an address is available. Throws one line otherwise. */
export async function demandAddress(address: Address): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", (error) => reject(refused(address, error)));
    probe.listen(address.port, address.hostname, () => probe.close(() => resolve()));
  });
}

function refused({ hostname, port }: Address, error: unknown): Error {
  const { code } = error as { code?: string };
  const taken = code === "EADDRINUSE" ? "the port is taken; --port N names another" : reasonOf(error);
  return new Error(`Cannot listen at ${hostname}:${port}: ${taken}`);
}

/** The handler of a server, and its events. */
export interface Serving {
  /** Answers requests. */
  readonly handler: Handler;
  /** Gets `stopping` at the signal. */
  readonly health: Health;
  /** Milliseconds for unanswered requests after the signal. */
  readonly drainMs: number;
  /** Gets the URL. */
  readonly onListen: (url: string) => void;
  /** Gets the number of unanswered requests at the signal. */
  readonly onStop: (busy: number) => void;
}

/** Serves until the signal and the end of unanswered requests. Throws one line if the address is not available. */
export async function serveUntil(
  signal: AbortSignal,
  address: Address,
  { handler, health, drainMs, onListen, onStop }: Serving,
): Promise<void> {
  const server = new BoundedServer(handler, CONNECTIONS);
  const url = await server.listen(address).catch((error) => {
    throw refused(address, error);
  });
  onListen(url);
  await new Promise<void>((resolve) => signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve()));
  health.stopping = true;
  onStop(server.busy);
  await server.close(drainMs);
}
