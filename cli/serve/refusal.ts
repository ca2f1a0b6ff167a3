/** Error responses in the form of OpenAI's API. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { ShortageError } from "../../src/op/device.ts";
import { FieldError } from "../../src/model/config/fields.ts";

/** Logged status of a request that its client aborted, as in nginx; it is never sent. */
export const CLIENT_LEFT = 499;

/** Maximum length of a message, as messages quote values of requests. */
const LONGEST = 400;

/** OpenAI's types of errors, by status; the other statuses are about the request. */
const TYPES: Readonly<Record<number, string>> = { 429: "rate_limit_error", 500: "server_error", 503: "server_error" };

/** Further fields of a refusal. */
export interface RefusalDetails {
  /** The parameter at fault. */
  readonly param?: string;
  /** Error code. */
  readonly code?: string;
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error response with its status. */
export class Refusal extends Error {
  /** Makes a refusal; long messages are cut. */
  constructor(readonly status: number, message: string, readonly details: RefusalDetails = {}) {
    super(message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message);
  }

  /** The JSON body. */
  get body() {
    const { status, message, details: { param = null, code = null } } = this;
    return { error: { message, type: TYPES[status] ?? "invalid_request_error", param, code } };
  }

  /** As a response. */
  response(): Response {
    return Response.json(this.body, { status: this.status, headers: this.details.headers });
  }
}

/** Health of the server. */
export interface Health {
  /** Reason why the models have failed permanently. */
  fault?: string;
  /** Whether the server is stopping and accepts no new requests. */
  stopping?: boolean;
}

/** The refusal of new and unfinished requests while the server stops. */
export function stopping(): Refusal {
  const headers = { "retry-after": "1", connection: "close" };
  return new Refusal(503, "Cannot answer: the server stops", { code: "stopping", headers });
}

/** The refusal of an aborted request: the signal's reason, or that the client aborted. */
export function abortedBecause({ reason }: AbortSignal): Refusal {
  return reason instanceof Refusal ? reason : new Refusal(CLIENT_LEFT, "client left");
}

/** The refusal of requests after a permanent failure of the models. */
export function outOfOrder(reason: string): Refusal {
  return new Refusal(503, `Cannot answer: ${reason}`, { code: "out_of_order" });
}

/** The ShortageError among an error and its causes. */
export function shortageOf(thrown: unknown): ShortageError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof ShortageError) return error;
  }
}

/**
 * Converts a thrown value to a refusal: 400 for invalid fields and values out of range; 503 for a shortage of memory or
 * failed models; 500 for any other error, including RangeErrors of the runtime.
 */
export function refusalOf(thrown: unknown, { fault }: Health): Refusal {
  if (thrown instanceof Refusal) return thrown;
  if (thrown instanceof FieldError) return new Refusal(400, thrown.message, { param: paramOf(thrown) });
  if (thrown instanceof RangeError && thrown.message.startsWith("Cannot ")) return new Refusal(400, thrown.message);
  if (shortageOf(thrown)) {
    return new Refusal(503, reasonOf(thrown), { code: "short_of_memory", headers: { "retry-after": "1" } });
  }
  return fault === undefined ? new Refusal(500, reasonOf(thrown)) : outOfOrder(fault);
}

/** The parameter of a field's path, without the name of the body. */
function paramOf({ field }: FieldError): string | undefined {
  return field?.replace(/^body\.?/, "") || undefined;
}
