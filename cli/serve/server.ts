/** Connections: how many, how long they may take, and what comes of each. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { HEAD_BYTES, incomingOf, rawAnswer, refusalOfBytes, send, unreadable } from "./connection.ts";
import type { Handler } from "./incoming.ts";
import { Refusal, stopping } from "./refusal.ts";

/** Bounds of connections, in milliseconds unless it says otherwise. */
export interface ConnectionLimits {
  /** Connections at most. */
  readonly connections: number;
  /** From the beginning of a request to the end of its headers. */
  readonly headersMs: number;
  /** From the beginning of a request to its last byte. */
  readonly requestMs: number;
  /** Between two requests of a connection. */
  readonly idleMs: number;
  /** For which a client may take nothing of its answer. */
  readonly stalledMs: number;
}

/** Milliseconds in which a connection that ends may take its last answer. */
const LAST_WORDS_MS = 500;

/** Requests of one connection that are answered at once, at most: few clients send a second before the first is answered. */
const PIPELINED = 16;

/** A server that answers every request, and keeps no connection longer than its bounds say. */
export class BoundedServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that are told why they end; nothing of them is read any more. */
  readonly #refused = new WeakSet<Socket>();
  /** Requests that are being answered, and what gives them up. */
  readonly #busy = new Map<IncomingMessage, AbortController>();
  /** How many of them each connection has. */
  readonly #pipelined = new WeakMap<Socket, number>();
  #quiet = () => {};

  /** Makes it; {@link BoundedServer.listen} opens it. */
  constructor(readonly handler: Handler, readonly limits: ConnectionLimits) {
    const { headersMs: headersTimeout, requestMs: requestTimeout, idleMs: keepAliveTimeout } = limits;
    const connectionsCheckingInterval = Math.min(1000, headersTimeout / 4);
    const times = { headersTimeout, requestTimeout, keepAliveTimeout, connectionsCheckingInterval };
    this.#server = createServer({ ...times, maxHeaderSize: HEAD_BYTES, requireHostHeader: false })
      .on("connection", (socket) => this.#open(socket))
      .on("request", (request, out) => void this.#answer(request, out))
      .on("connect", (request, socket) => {
        this.#refuse(socket as Socket, new Refusal(405, "Cannot CONNECT: this is no proxy"), request);
      })
      .on("clientError", (error, socket) => this.#fault(error, socket as Socket));
  }

  /** Opens it; its URL. Rejects where the address cannot be had. */
  listen({ hostname, port }: { readonly hostname: string; readonly port: number }): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject).listen(port, hostname, () => {
        const { address, port } = this.#server.address() as AddressInfo;
        resolve(`http://${address.includes(":") ? `[${address}]` : address}:${port}`);
      });
    });
  }

  /** Requests under way. */
  get busy(): number {
    return this.#busy.size;
  }

  /** Connections. */
  get connections(): number {
    return this.#sockets.size;
  }

  #open(socket: Socket): void {
    const { connections } = this.limits;
    this.#sockets.add(socket);
    socket.setMaxListeners(4 * PIPELINED).on("close", () => this.#sockets.delete(socket)).on("error", () => {});
    if (this.#sockets.size <= connections) return;
    const headers = { "retry-after": "1" };
    this.#refuse(socket, new Refusal(503, `Cannot connect: ${connections} connections are the most`, { headers }));
  }

  async #answer(request: IncomingMessage, out: ServerResponse): Promise<void> {
    const { socket } = request, under = this.#pipelined.get(socket) ?? 0;
    if (this.#refused.has(socket)) return;
    if (under === PIPELINED) {
      const reason = `${PIPELINED} requests of a connection are the most at once`;
      return this.#refuse(socket, new Refusal(429, `Cannot answer: ${reason}`), request);
    }
    this.#pipelined.set(socket, under + 1);
    const controller = new AbortController();
    this.#busy.set(request, controller);
    const left = () => void (out.writableFinished || controller.abort());
    socket.on("close", left);
    out.on("error", () => {});
    try {
      const response = await this.handler(incomingOf(request, controller.signal));
      await send(response, { request, out, stalledMs: this.limits.stalledMs, controller });
    } catch {
      out.destroy();
    } finally {
      socket.off("close", left);
      this.#busy.delete(request);
      this.#pipelined.set(socket, this.#pipelined.get(socket)! - 1);
      if (this.#busy.size === 0) this.#quiet();
    }
  }

  /** Bytes that are no request, or one that does not end; a client that goes is neither. */
  #fault(error: NodeJS.ErrnoException, socket: Socket): void {
    if (this.#refused.has(socket)) return;
    if (this.#pipelined.get(socket) || !socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    this.#refuse(socket, refusalOfBytes(error, this.limits));
  }

  /** Ends a connection with an answer. */
  #refuse(socket: Socket, fault: Refusal, lines?: IncomingMessage): void {
    this.#refused.add(socket);
    const timer = setTimeout(() => socket.destroy(), LAST_WORDS_MS);
    socket.on("close", () => clearTimeout(timer));
    void this.handler(unreadable(fault, lines)).then(rawAnswer).then((bytes) => socket.end(bytes));
  }

  /** Waits until no request is under way, so many milliseconds at most. */
  #ended(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#quiet = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.busy === 0) this.#quiet();
    });
  }

  /** Lets requests end for so many milliseconds, cuts off those that are left with an answer, and ends all connections. */
  async close(graceMs = 0): Promise<void> {
    await this.#ended(graceMs);
    for (const controller of this.#busy.values()) controller.abort(stopping());
    await this.#ended(LAST_WORDS_MS);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
