/** Listening, and the way out: no new requests, some seconds for those under way. */
import { reasonOf } from "../../src/checkpoint/messages.ts";

/** Where to listen. */
export interface Address {
  /** A name or a number of this machine. */
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** Milliseconds that requests under way may take to end. */
const GRACE = 5000;

/** Throws one line where an address cannot be had; models need not be loaded to know. */
export function demandAddress(address: Address): void {
  try {
    Deno.listen(address).close();
  } catch (error) {
    throw refused(address, error);
  }
}

function refused({ hostname, port }: Address, error: unknown): Error {
  const taken = error instanceof Deno.errors.AddrInUse ? "the port is taken; --port N names another" : reasonOf(error);
  return new Error(`Cannot listen at ${hostname}:${port}: ${taken}`);
}

/** Serves until the signal and a while longer; `onListen` gets the URL. Throws one line where the address is taken. */
export async function serveUntil(
  signal: AbortSignal,
  address: Address,
  handler: (request: Request) => Promise<Response>,
  onListen: (url: string) => void,
): Promise<void> {
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({ ...address, onListen: ({ hostname, port }) => onListen(urlOf(hostname, port)) }, handler);
  } catch (error) {
    throw refused(address, error);
  }
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => timer = setTimeout(resolve, GRACE));
  await Promise.race([server.shutdown(), patience]);
  clearTimeout(timer);
}

/** IPv6 addresses stand in brackets. */
function urlOf(hostname: string, port: number): string {
  return `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
