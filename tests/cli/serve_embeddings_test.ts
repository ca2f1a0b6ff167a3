/** `/v1/embeddings`: in order, as numbers or base64, batch by batch. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fakeServer, post } from "./serve_support.ts";

async function embed(body: Record<string, unknown>) {
  const server = fakeServer();
  const response = await server.handler(post("/v1/embeddings", { model: "vectors", ...body }));
  return { ...server, status: response.status, json: await response.json() };
}

Deno.test("vectors in the order of the texts", async () => {
  const { json } = await embed({ input: ["a", "bcd"] });
  assertEquals(json, {
    object: "list",
    data: [
      { object: "embedding", index: 0, embedding: [1, 97] },
      { object: "embedding", index: 1, embedding: [3, 98] },
    ],
    model: "vectors",
    usage: { prompt_tokens: 4, total_tokens: 4 },
  });
});

Deno.test("base64 is little-endian float32", async () => {
  const { json } = await embed({ input: "bcd", encoding_format: "base64", dimensions: 2 });
  const view = new DataView(Uint8Array.fromBase64(json.data[0].embedding).buffer);
  assertEquals([view.byteLength, view.getFloat32(0, true), view.getFloat32(4, true)], [8, 3, 98]);
});

Deno.test("dimensions takes the first numbers, of unit length where the vectors of the model have it", async () => {
  const { handler, vectors } = fakeServer();
  const model = { ...vectors, config: { ...vectors.config, D: 3 }, embed: () => Promise.resolve([0.6, -0.48, 0.64]) };
  const ask = async (unit: boolean, dimensions?: number, encoding_format?: string) => {
    Object.assign(vectors, model, { unit });
    const body = { model: "vectors", input: "a", dimensions, encoding_format };
    return (await (await handler(post("/v1/embeddings", body))).json()).data[0].embedding;
  };
  const f = Math.fround, length = Math.hypot(f(0.6), f(-0.48));
  assertEquals(await ask(true, 3), [0.6, -0.48, 0.64].map(f));
  assertEquals(await ask(true, 2), [f(f(0.6) / length), f(f(-0.48) / length)]);
  assertEquals(await ask(true, 1), [1]);
  assertEquals(await ask(false, 2), [0.6, -0.48].map(f));
  const bytes = Uint8Array.fromBase64(await ask(true, 2, "base64"));
  assertEquals([...new Float32Array(bytes.buffer)], await ask(true, 2));
});

Deno.test("inputs may be ids, and many inputs run in batches", async () => {
  assertEquals((await embed({ input: [5, 6] })).json.data[0].embedding, [2, 5]);
  const input = Array.from({ length: 150 }, (_, i) => [i, 7]);
  const { json, batches } = await embed({ input });
  assertEquals(batches, [64, 64, 22]);
  assertEquals(json.data.map(({ embedding: [, first] }: { embedding: number[] }) => first), input.map(([id]) => id));
});

Deno.test("invalid requests are refused by parameter before anything runs", async () => {
  const wrong: [body: Record<string, unknown>, param: string | null, message: string][] = [
    [{}, "input", "body.input is missing"],
    [{ input: ["a", ""] }, "input", "body.input[1] is empty"],
    [{ input: ["a", "b".repeat(51)] }, null, "Cannot read input 2: it has 51 tokens, the model has 50 positions"],
    [{ input: [200] }, null, "Cannot read input 1: id 200 at 0 is outside the vocabulary of 200"],
    [{ input: "a", encoding_format: "hex" }, "encoding_format", "expected one of float, base64"],
    [{ input: "a", dimensions: 3 }, "dimensions", "is 3, expected a whole number from 1 to 2"],
    [{ input: "a", dimensions: 0 }, "dimensions", "is 0, expected a whole number from 1 to 2"],
    [{ input: "a", inputs: "b" }, "inputs", "the nearest known key is input"],
    [{ input: "a", model: "words" }, "model", "it is a model for completions"],
  ];
  for (const [body, param, message] of wrong) {
    const { status, json: { error }, batches } = await embed(body);
    assertEquals([status, error.param, batches.length], [400, param, 0], JSON.stringify(body));
    assertStringIncludes(error.message, message);
  }
});

Deno.test("the number of waiting requests is limited, and a metric", async () => {
  const { handler } = fakeServer({}, { requests: 2 });
  const gauge = async () => {
    const text = await (await handler(new Request("http://localhost/metrics"))).text();
    return text.match(/^refrain_embeddings_under_way\{model="vectors"\} (\d+)$/m)?.[1];
  };
  const answers = [1, 2, 3].map(() => handler(post("/v1/embeddings", { model: "vectors", input: "a" })));
  assertEquals((await Promise.all(answers)).map(({ status }) => status), [200, 200, 429]);
  assertEquals(await gauge(), "0");
});

Deno.test("timers run between batches, also on a device that never waits", async () => {
  const { handler, vectors } = fakeServer();
  let turns = 0, most = 0, batches = 0;
  vectors.embed = (sequences) => {
    if (batches++ === 0) setTimeout(() => [batches, turns] = [0, turns + 1]);
    most = Math.max(most, batches);
    return Promise.resolve(sequences.flatMap(() => [0, 1]));
  };
  const input = Array.from({ length: 640 }, () => [1]);
  assertEquals((await handler(post("/v1/embeddings", { model: "vectors", input }))).status, 200);
  assertEquals([most, turns >= 9], [1, true]);
});
