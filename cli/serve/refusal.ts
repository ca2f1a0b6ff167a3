/** What the server says instead of an answer, in the form of OpenAI's errors. */
import { reasonOf } from "../../src/checkpoint/messages.ts";
import { ShortageError } from "../../src/op/device.ts";
import { FieldError } from "../../src/model/config/fields.ts";

/** Status in the log of a request that its client aborted before the answer, as in nginx; it is never sent. */
export const CLIENT_LEFT = 499;

/** Characters of a message at most: a wrong value of a request may be long. */
const LONGEST = 400;

/** OpenAI's types of errors, by status; the other statuses are about the request. */
const TYPES: Readonly<Record<number, string>> = { 429: "rate_limit_error", 500: "server_error", 503: "server_error" };

/** What a refusal says beside its message. */
export interface RefusalDetails {
  /** The parameter at fault. */
  readonly param?: string;
  /** A word for programs. */
  readonly code?: string;
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that gets no answer, and with which status. */
export class Refusal extends Error {
  /** Makes one. */
  constructor(readonly status: number, message: string, readonly details: RefusalDetails = {}) {
    super(message.length > LONGEST ? `${message.slice(0, LONGEST)}…` : message);
  }

  /** What the client is told. */
  get body() {
    const { status, message, details: { param = null, code = null } } = this;
    return { error: { message, type: TYPES[status] ?? "invalid_request_error", param, code } };
  }

  /** As a response. */
  response(): Response {
    return Response.json(this.body, { status: this.status, headers: this.details.headers });
  }
}

/** Whether the server answers. */
export interface Health {
  /** Why the models do not work any more. */
  fault?: string;
  /** Whether the server is about to end, and takes no new requests. */
  stopping?: boolean;
}

/** The refusal of new requests, and of requests that are cut off, while the server ends. */
export function stopping(): Refusal {
  const headers = { "retry-after": "1", connection: "close" };
  return new Refusal(503, "Cannot answer: the server stops", { code: "stopping", headers });
}

/** Why a request was aborted: its client left, unless the reason is a refusal. */
export function abortedBecause({ reason }: AbortSignal): Refusal {
  return reason instanceof Refusal ? reason : new Refusal(CLIENT_LEFT, "client left");
}

/** The refusal of all that needs the models, once they work no more. */
export function outOfOrder(reason: string): Refusal {
  return new Refusal(503, `Cannot answer: ${reason}`, { code: "out_of_order" });
}

/** The shortage of memory that an error says, or that caused it. */
export function shortageOf(thrown: unknown): ShortageError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof ShortageError) return error;
  }
}

/**
 * What was thrown, as a refusal: wrong fields and values out of range are the client's (400); anything else, a RangeError
 * of the runtime too, is the server's, 503 where memory is short or once the models work no more, else 500.
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

/** A path as error messages have it, without the name of the body. */
function paramOf({ field }: FieldError): string | undefined {
  return field?.replace(/^body\.?/, "") || undefined;
}
