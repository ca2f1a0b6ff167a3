/** Server-sent events, generated on demand. */
import type { Exchange } from "./exchange.ts";
import { abortedBecause, refusalOf } from "./refusal.ts";
import type { Service } from "./service.ts";

/** Context of a stream. */
interface Streaming extends Pick<Service, "health"> {
  /** Its request. */
  readonly exchange: Exchange;
  /** Called once at the end: completed, failed or aborted. */
  readonly onEnd: () => void;
}

const encoder = new TextEncoder();
const event = (data: string) => encoder.encode(`data: ${data}\n\n`);

/**
 * Objects as events, then `[DONE]`; an error ends the stream as its last event. The next object is generated when the
 * client has accepted the previous one.
 */
export function eventStream(objects: AsyncIterator<unknown>, { exchange, health, onEnd }: Streaming): Response {
  const { signal } = exchange.request;
  const end = (status: number, remark?: string) => {
    onEnd();
    exchange.end(status, remark);
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await objects.next();
        if (signal.aborted) throw abortedBecause(signal);
        controller.enqueue(event(done ? "[DONE]" : JSON.stringify(value)));
        if (!done) return;
        end(200);
      } catch (thrown) {
        const refusal = refusalOf(thrown, health);
        controller.enqueue(event(JSON.stringify(refusal.body)));
        end(refusal.status, refusal.message);
      }
      controller.close();
    },
    cancel: () => end(200, abortedBecause(signal).message),
  }, { highWaterMark: 0 });
  exchange.streams = true;
  const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" };
  return new Response(body, { headers });
}
