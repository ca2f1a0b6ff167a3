/** Valid requests to the server. */
import type { Draw } from "./draw.ts";
import { changeJson, hostileText } from "./hostile.ts";

const DECODER = "stories-mor", ENCODER = "stories-modernalbert";

const POSTS = ["/v1/completions", "/v1/embeddings", "/v1/chat/completions", "/tokenize", "/detokenize"];
const PATHS = [...POSTS, "/v1/models", `/v1/models/${DECODER}`, "/metrics", "/health"];
const STRAY = [
  "/",
  "/v1/models/%zz",
  "/v1/models/__proto__",
  "/v1/completions/",
  "/v1//completions",
  "/%00",
  "/metrics?x",
];
const METHODS = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"];

/** A completion of a few tokens. */
function completion(draw: Draw): Record<string, unknown> {
  const prompt = [
    "Once upon a time",
    [5, 6, 7],
    ["One", "Two"],
    [[5, 6], [7]],
    "word ".repeat(draw.pick([1, 400, 700])),
  ];
  const optional: [string, unknown][] = [
    ["temperature", draw.pick([0, 0.7, 2])],
    ["top_p", 0.9],
    ["top_k", 5],
    ["min_p", 0.1],
    ["seed", draw.below(100)],
    ["n", 2],
    ["stream", true],
    ["echo", true],
    ["logprobs", draw.pick([0, 1, 20])],
    ["stop", draw.pick(["the", ["a", "b"]])],
    ["repetition_penalty", 1.2],
    ["max_depth", 1],
    ["user", "somebody"],
  ];
  const some = optional.filter(() => draw.chance(0.2));
  return { model: DECODER, prompt: draw.pick(prompt), max_tokens: draw.pick([0, 1, 4]), ...Object.fromEntries(some) };
}

/** A chat of a few messages. */
function chat(draw: Draw): Record<string, unknown> {
  const { prompt: _, echo: __, logprobs: ___, ...rest } = completion(draw);
  const message = () => {
    const content = draw.pick<unknown>(["Hello", "", [{ type: "text", text: "Hello" }]]);
    return { role: draw.pick(["system", "user", "assistant"]), content };
  };
  const some = [["logprobs", true], ["top_logprobs", 3], ["max_completion_tokens", 2]].filter(() => draw.chance(0.1));
  return { ...rest, messages: draw.list(draw.pick([1, 2, 5]), message), ...Object.fromEntries(some) };
}

/** A text, or ids. */
const tokenized = (draw: Draw) => ({ model: draw.pick([DECODER, ENCODER]), prompt: draw.pick(["Once upon", ""]) });
const detokenized = (draw: Draw) => ({ model: draw.pick([DECODER, ENCODER]), tokens: [1, draw.below(600)] });

/** Bodies by path. */
const BODIES: Readonly<Record<string, (draw: Draw) => Record<string, unknown>>> = {
  "/v1/completions": completion,
  "/v1/embeddings": embedding,
  "/v1/chat/completions": chat,
  "/tokenize": tokenized,
  "/detokenize": detokenized,
};

/** Vectors of a few texts. */
function embedding(draw: Draw): Record<string, unknown> {
  const input = ["Once upon a time", ["One", "Two"], [5, 6], [[5], [6, 7]], "word ".repeat(draw.pick([1, 300, 700]))];
  const some = [["encoding_format", draw.pick(["float", "base64"])]].filter(() => draw.chance(0.3));
  return { model: ENCODER, input: draw.pick(input), ...Object.fromEntries(some) };
}

/** Bytes as a stream of pieces. */
function streamed(draw: Draw, bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  const pieces = draw.list(draw.pick([1, 2, 5]), () => draw.below(bytes.length + 1)).sort((a, b) => a - b);
  return new ReadableStream({
    start(controller) {
      [0, ...pieces].forEach((from, i) => controller.enqueue(bytes.slice(from, pieces[i] ?? bytes.length)));
      controller.close();
    },
  });
}

/** A request, and the bytes of its body as a hostile client may send them. */
export function someRequest(draw: Draw, signal: AbortSignal): Request {
  const path = draw.chance(0.9)
    ? draw.pick(PATHS.slice(0, draw.pick([2, POSTS.length, PATHS.length])))
    : draw.pick(STRAY);
  const posts = POSTS.includes(path);
  const method = draw.chance(0.95) ? (posts ? "POST" : "GET") : draw.pick(METHODS);
  const json: Record<string, unknown> = (BODIES[path] ?? completion)(draw);
  for (let i = draw.pick([0, 0, 1, 1, 2]); i > 0; i--) changeJson(draw, json);
  const bytes = new TextEncoder().encode(hostileText(draw, json, draw.pick([0, 0, 0, 1])));
  if (draw.chance(0.03)) bytes.fill(draw.below(256), draw.below(bytes.length));
  const body = method === "GET" || method === "HEAD" ? undefined : draw.chance(0.3) ? streamed(draw, bytes) : bytes;
  const headers = { "content-type": draw.chance(0.97) ? "application/json" : draw.pick(["", "text/plain", "a/b;c"]) };
  const request = new Request(`http://localhost${path}`, { method, body, signal, headers });
  // A server's request has the host that the client sent, of any form.
  if (draw.chance(0.02)) {
    Object.defineProperty(request, "url", { value: `http://${draw.pick(["[", "", "a b"])}${path}` });
  }
  return request;
}
