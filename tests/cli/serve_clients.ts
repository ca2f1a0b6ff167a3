/** Clients that read everything, abort in the middle, or never finish their request. */
import { assert } from "@std/assert";
import { connect } from "./serve_raw.ts";

/** Server, model and requests of concurrent clients. */
export interface Crowd {
  readonly url: string;
  readonly model: string;
  readonly prompt: string;
  /** The greedy continuation of the prompt by so many tokens. */
  readonly known: { readonly tokens: number; readonly text: string };
  readonly clients: number;
  /** Milliseconds in which clients begin something new. */
  readonly ms: number;
  readonly seed: number;
}

/** Numbers from 0 to 1 by a seed. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return ((state ^ (state >>> 12)) >>> 0) / 2 ** 32;
  };
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The request of a completion as bytes of a connection. */
function bytesOf({ model, prompt }: Crowd, body: Record<string, unknown>): string {
  const json = JSON.stringify({ model, prompt, ...body });
  const head = "POST /v1/completions HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n";
  return `${head}Content-Length: ${json.length}\r\n\r\n${json}`;
}

/** Asks for the known continuation; its text, or the status of a refusal. */
export async function askKnown({ url, model, prompt, known }: Crowd): Promise<string> {
  const body = JSON.stringify({ model, prompt, max_tokens: known.tokens, temperature: 0 });
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${url}/v1/completions`, { method: "POST", headers, body });
  const json = await response.json();
  return response.ok ? json.choices[0].text : String(response.status);
}

/** What a client does once; each throws where the server does wrong, and says how it went. */
const deeds: Record<string, (crowd: Crowd, random: () => number) => Promise<string>> = {
  async known(crowd) {
    const text = await askKnown(crowd);
    assert(text === crowd.known.text || text === "429", `${JSON.stringify(text)} instead of the known text`);
    return text === "429" ? "429" : "200";
  },
  async stream(crowd, random) {
    const { send, closed } = await connect(crowd.url);
    const max_tokens = 1 + Math.floor(40 * random());
    await send(bytesOf(crowd, { max_tokens, stream: true, seed: Math.floor(1e6 * random()) }));
    const text = await closed, status = text.match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? "none";
    assert(status === "429" || text.includes("data: [DONE]"), text.slice(-300));
    return status;
  },
  async leave(crowd, random) {
    const { send, leave } = await connect(crowd.url);
    await send(bytesOf(crowd, { max_tokens: 200, stream: true, n: 1 + Math.floor(2 * random()) }));
    await sleep(1500 * random());
    leave();
    return "left";
  },
  async half(crowd, random) {
    const { send, leave } = await connect(crowd.url);
    const bytes = bytesOf(crowd, { max_tokens: 5 });
    await send(bytes.slice(0, Math.floor(bytes.length * random())));
    await sleep(2500 * random());
    leave();
    return "half";
  },
  async slow(crowd, random) {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(crowd.url).port) });
    await connection.write(new TextEncoder().encode(bytesOf(crowd, { max_tokens: 100, stream: true })));
    await sleep(2500 * random()); // and reads nothing
    connection.close();
    return "slow";
  },
  async wrong(crowd, random) {
    const { send, closed } = await connect(crowd.url);
    const bytes = Uint8Array.from({ length: 1 + Math.floor(200 * random()) }, () => 256 * random());
    await send(bytes);
    await send("\r\n\r\n\r\n\r\n");
    return (await closed).match(/^HTTP\/1\.1 (\d+)/)?.[1] ?? "closed";
  },
};

/** Lets all of them come and go; how often each deed went how. Throws where an answer was wrong. */
export async function comeAndGo(crowd: Crowd): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const names = Object.keys(deeds), started = performance.now();
  await Promise.all(Array.from({ length: crowd.clients }, async (_, client) => {
    const random = chance(crowd.seed * 1000 + client);
    do {
      await sleep(200 * random());
      const name = names[Math.floor(names.length * random())];
      const went = `${name} ${await deeds[name](crowd, random)}`;
      counts[went] = (counts[went] ?? 0) + 1;
    } while (performance.now() - started < crowd.ms);
  }));
  return counts;
}
