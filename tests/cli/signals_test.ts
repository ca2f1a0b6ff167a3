/** SIGTERM ends commands as Ctrl-C does, with the exit code of shells. */
import { assert, assertEquals } from "@std/assert";
import { decoderFolder, start, temporary } from "./support.ts";

const codes = { SIGINT: 130, SIGTERM: 143 } as const;
const model = await decoderFolder();
const endless = ["--model", model, "--prompt", "a", "--device", "reference"];

/** Reads a stream until a text is in it. */
async function readUntil(stream: ReadableStream<Uint8Array>, text: string) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let read = "";
  const rest = async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) read += next.value;
    return read;
  };
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    read += next.value;
    if (read.includes(text)) break;
  }
  return rest;
}

Deno.test("generate ends its line on either signal, and its exit code names the signal", async () => {
  for (const [signal, code] of Object.entries(codes)) {
    const child = start("generate", endless);
    await child.stdin.close();
    const rest = await readUntil(child.stdout, "a");
    child.kill(signal as Deno.Signal);
    const out = await rest(), err = await new Response(child.stderr).text();
    assertEquals((await child.status).code, code, err);
    assert(out.endsWith("\n"), out);
  }
});

Deno.test("sample-corpus keeps complete documents on SIGTERM", async () => {
  const folder = await decoderFolder({ vocab_size: 30, bos_token_id: 1, eos_token_id: 2 }),
    out = `${temporary()}/out.jsonl`;
  const drawn = ["--model", folder, "--out", out, "--documents", "1000000", "--batch", "4", "--device", "reference"];
  const child = start("sample_corpus", drawn);
  await child.stdin.close();
  const rest = await readUntil(child.stderr, "Sampling");
  child.kill("SIGTERM");
  const err = await rest();
  await child.stdout.cancel();
  assertEquals((await child.status).code, 143, err);
  const lines = (await Deno.readTextFile(out)).trimEnd().split("\n");
  assert(lines.every((line) => typeof JSON.parse(line).text === "string"));
});

Deno.test("with_gpu passes signals on, and the exit code back", async () => {
  const script = `${temporary()}/wait.ts`;
  const listen =
    'Deno.addSignalListener(signal, () => Deno.exit(7)); setInterval(() => {}, 1000); console.log("ready");';
  for (const [signal, code] of Object.entries(codes)) {
    for (const [text, want] of [['console.log("ready"); setInterval(() => {}, 1000);', code], [listen, 7]] as const) {
      await Deno.writeTextFile(script, `const signal = "${signal}"; ${text}`);
      const child = start("with_gpu", ["--", "deno", "run", "-A", "--no-check", script]);
      await child.stdin.close();
      const rest = await readUntil(child.stdout, "ready");
      child.kill(signal as Deno.Signal);
      await rest();
      await child.stderr.cancel();
      assertEquals((await child.status).code, want, signal);
    }
  }
});
