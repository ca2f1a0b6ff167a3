/** An HTTP server with bounds: number of connections, time of each phase, and an answer to every request. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { HEAD_BYTES, incomingOf, rawAnswer, refusalOfBytes, send, unreadable } from "./connection.ts";
import type { Handler } from "./incoming.ts";
import { Refusal, stopping } from "./refusal.ts";

/** Bounds of connections, times in milliseconds. */
export interface ConnectionLimits {
  /** Maximum number of open connections. */
  readonly connections: number;
  /** Time from the first byte of a request to the end of its headers. */
  readonly headersMs: number;
  /** Time from the first byte of a request to its last byte. */
  readonly requestMs: number;
  /** Idle time between two requests of a connection. */
  readonly idleMs: number;
  /** Time without a byte of an answer accepted by the client. */
  readonly stalledMs: number;
}

/** Milliseconds between the last answer of a connection and its end. */
const LAST_WORDS_MS = 500;

/** Maximum number of unanswered requests of a connection, which bounds the answers in memory. */
const PIPELINED = 16;

/** Answers every request with a handler, and closes connections that exceed a bound. */
export class BoundedServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that end after an error; further requests of these are ignored. */
  readonly #refused = new WeakSet<Socket>();
  /** Parser errors of connections, whose last answer they are. */
  readonly #faults = new WeakMap<Socket, Refusal>();
  /** Unanswered requests with the controllers of their signals. */
  readonly #busy = new Map<IncomingMessage, AbortController>();
  /** Number of unanswered requests by connection. */
  readonly #pipelined = new WeakMap<Socket, number>();
  #quiet = () => {};

  /** Makes a server; {@link BoundedServer.listen} opens its port. */
  constructor(readonly handler: Handler, readonly limits: ConnectionLimits) {
    const { headersMs: headersTimeout, requestMs: requestTimeout, idleMs: keepAliveTimeout } = limits;
    const connectionsCheckingInterval = Math.min(1000, headersTimeout / 4);
    const times = { headersTimeout, requestTimeout, keepAliveTimeout, connectionsCheckingInterval };
    this.#server = createServer({ ...times, maxHeaderSize: HEAD_BYTES, requireHostHeader: false })
      .on("connection", (socket) => this.#open(socket))
      .on("request", (request, out) => void this.#answer(request, out))
      .on("checkExpectation", (request, out) => {
        const reason = `it expects ${request.headers.expect}, only 100-continue is supported`;
        void this.#answer(request, out, new Refusal(417, `Cannot read the request: ${reason}`));
      })
      .on("connect", (request, socket) => {
        this.#refuse(socket as Socket, new Refusal(405, "Cannot CONNECT: this is no proxy"), request);
      })
      .on("clientError", (error, socket) => this.#fault(error, socket as Socket));
  }

  /** Opens the port and returns the URL. Rejects if the address is not available. */
  listen({ hostname, port }: { readonly hostname: string; readonly port: number }): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject).listen(port, hostname, () => {
        const { address, port } = this.#server.address() as AddressInfo;
        resolve(`http://${address.includes(":") ? `[${address}]` : address}:${port}`);
      });
    });
  }

  /** Number of unanswered requests. */
  get busy(): number {
    return this.#busy.size;
  }

  /** Number of open connections. */
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

  async #answer(request: IncomingMessage, out: ServerResponse, fault?: Refusal): Promise<void> {
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
      const response = await this.handler({ ...incomingOf(request, controller.signal), fault });
      await send(response, { request, out, stalledMs: this.limits.stalledMs, controller });
    } catch {
      out.destroy();
    } finally {
      socket.off("close", left);
      this.#busy.delete(request);
      this.#pipelined.set(socket, this.#pipelined.get(socket)! - 1);
      this.#endFaulty(socket);
      if (this.#busy.size === 0) this.#quiet();
    }
  }

  /**
   * Answers an invalid or incomplete request after the earlier requests of its connection. A closed connection gets no
   * answer.
   */
  #fault(error: NodeJS.ErrnoException, socket: Socket): void {
    if (this.#refused.has(socket)) return;
    if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
    const fault = refusalOfBytes(error, this.limits);
    this.#refused.add(socket);
    this.#faults.set(socket, fault);
    for (const [request, controller] of this.#busy) {
      if (request.socket === socket && !request.complete) controller.abort(fault); // the fault is in its body
    }
    this.#endFaulty(socket);
  }

  /** Ends a connection with the error of its bytes, once no request of it is unanswered. */
  #endFaulty(socket: Socket): void {
    const fault = this.#faults.get(socket);
    if (!fault || this.#pipelined.get(socket) || !socket.writable) return;
    this.#faults.delete(socket);
    this.#refuse(socket, fault);
  }

  /** Ends a connection with an error as its answer. */
  #refuse(socket: Socket, fault: Refusal, lines?: IncomingMessage): void {
    this.#refused.add(socket);
    const timer = setTimeout(() => socket.destroy(), LAST_WORDS_MS);
    socket.on("close", () => clearTimeout(timer));
    void this.handler(unreadable(fault, lines)).then(rawAnswer).then((bytes) => socket.end(bytes));
  }

  /** Waits until every request is answered, `ms` milliseconds at most. */
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

  /** Waits `graceMs` for unanswered requests, ends the remaining ones with 503, and closes all connections. */
  async close(graceMs = 0): Promise<void> {
    await this.#ended(graceMs);
    for (const controller of this.#busy.values()) controller.abort(stopping());
    await this.#ended(LAST_WORDS_MS);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
