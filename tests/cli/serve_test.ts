/** `serve` as a process: real models answer as the library does, and signals let them finish. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Decoder, Encoder } from "../../mod.ts";
import { serveProcess } from "./serve_process.ts";
import { connect } from "./serve_raw.ts";
import { until } from "./serve_support.ts";
import { assertRefused, decoderFolder, encoderFolder, run } from "./support.ts";

const [decoder, encoder] = [await decoderFolder(), await encoderFolder()];
const nameOf = (folder: string) => folder.split("/").pop()!;
const reference = ["--device", "reference"];

const serve = () => serveProcess(decoder, encoder, ...reference);

async function ask(url: string, path: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

Deno.test("completions and embeddings are the library's", async () => {
  const { url, interrupt, ended } = await serve();
  const { data } = await (await fetch(`${url}/v1/models`)).json();
  assertEquals(data.map(({ id }: { id: string }) => id), [nameOf(decoder), nameOf(encoder)]);

  const greedy = { model: nameOf(decoder), prompt: "a cat, ", max_tokens: 8, temperature: 0, logprobs: 0 };
  const { choices: [choice] } = await (await ask(url, "/v1/completions", greedy)).json();
  await using model = await Decoder.load(decoder, { device: "reference" });
  const pieces = await Array.fromAsync(model.generate("a cat, ", { maxNewTokens: 8 }));
  assertEquals(choice.text, pieces.map(({ text }) => text).join(""));
  const [depth, score] = [pieces.map(({ depth }) => depth), pieces.map(({ score }) => score)];
  assertEquals(choice.refrain, { depth, score });

  const texts = { model: nameOf(encoder), input: ["a cat", "dogs"] };
  const embedded = await (await ask(url, "/v1/embeddings", texts)).json();
  await using vectors = await Encoder.load(encoder, { device: "reference" });
  const { data: expected } = await vectors.encode(texts.input, { normalize: true });
  const got = embedded.data.flatMap(({ embedding }: { embedding: number[] }) => embedding);
  assertEquals(Float32Array.from(got), Float32Array.from(expected));

  interrupt();
  const { code, err } = await ended();
  assertEquals(code, 0, err);
  const records = err.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const { time, id, duration_ms, ...record } = records.find(({ path }) => path === "/v1/completions");
  assert(Math.abs(Date.parse(time) - Date.now()) < 600_000 && time.endsWith("Z") && duration_ms > 0, err);
  assert(/^req_[0-9a-f]{32}$/.test(id), id);
  const tokens = { prompt_tokens: 7, completion_tokens: 8 };
  const common = { method: "POST", path: "/v1/completions", status: 200, model: nameOf(decoder) };
  assertEquals(record, { ...common, ...tokens });
});

Deno.test("Ctrl-C and SIGTERM: running streams end, new requests are refused, the exit code is 0", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const { url, interrupt, ended } = await serve();
    const body = { model: nameOf(decoder), prompt: "a", max_tokens: 40, temperature: 0, stream: true };
    const response = await ask(url, "/v1/completions", body);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value!;
    interrupt(signal);
    for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value;
    assert(text.endsWith("data: [DONE]\n\n"), text.slice(-300));
    const { code, err } = await ended();
    assertEquals(code, 0, err);
    assertEquals(await fetch(url).then(() => "answered", () => "refused"), "refused");
  }
});

Deno.test("while a request is still to end, new ones are refused; a second signal ends at once", async () => {
  const { url, said, interrupt, ended } = await serve();
  const { send, leave } = await connect(url);
  await send("POST /v1/completions HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
  await fetch(`${url}/health`).then((response) => response.body?.cancel());
  interrupt("SIGTERM");
  await until(() => said().includes("Stopping: 1 request may end within 25 s"));
  const late = await ask(url, "/v1/completions", { model: nameOf(decoder), prompt: "a" });
  assertEquals([late.status, (await late.json()).error.message], [503, "Cannot answer: the server stops"]);
  const started = performance.now();
  interrupt("SIGTERM");
  const { code, err } = await ended();
  leave();
  assertEquals(code, 143, err);
  assert(performance.now() - started < 5000);
});

Deno.test("a port in use, two models of one name, and a model without tokenizer: one error line each", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(taken.addr.port);
  const busy = assertRefused(await run("serve", [decoder, "--port", port, ...reference]));
  assertEquals(busy, `Cannot listen at 127.0.0.1:${port}: the port is taken; --port N names another`);
  const serve = async (...args: string[]) => assertRefused(await run("serve", ["--port", "0", ...reference, ...args]));
  assertStringIncludes(await serve(decoder, `${decoder}/`), `there is another model named ${nameOf(decoder)}`);
  assertStringIncludes(await serve(await decoderFolder(undefined, false)), "has no tokenizer.json");
  assertStringIncludes(await serve(), "CHECKPOINT is missing");
  assertStringIncludes(await serve(decoder, "--max-body", "0"), "--max-body 0: expected a whole number of at least 1");
});
