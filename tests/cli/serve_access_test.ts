/** Access to the server: API key, origins of web pages, request ids, health probes; flags of the command. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Access } from "../../cli/serve/access.ts";
import { VERSION } from "../../cli/support/version.ts";
import { serveProcess } from "./serve_process.ts";
import { fakeServer, post } from "./serve_support.ts";
import { assertRefused, decoderFolder, run, temporary } from "./support.ts";

const body = { model: "words", prompt: "ab", max_tokens: 2 };

function serverWith(access: Access) {
  const { handler, ...rest } = fakeServer({}, {}, access);
  const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    handler(new Request(`http://localhost${path}`, { method, headers }));
  return { ...rest, handler, ask };
}

/** The reason of a refusal by its header. */
function reasonFor(authorization?: string): string {
  if (authorization === undefined) return "there is no header Authorization: Bearer KEY";
  const form = authorization.startsWith("Bearer ");
  return form ? "its API key is wrong" : "its header Authorization is not of the form Bearer KEY";
}

Deno.test("without the API key every route but /health answers 401, also unknown ones", async () => {
  const { ask, handler, engine } = serverWith({ apiKey: "secret-1" });
  const wrong = ["", "secret-1", "Bearer", "Bearer secret-2", "Bearer secret-", "Bearer secret-11", "Basic secret-1"];
  for (const authorization of [undefined, ...wrong]) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    for (const path of ["/v1/models", "/v1/models/words", "/metrics", "/nothing"]) {
      const response = await ask(path, headers);
      const { error } = await response.json();
      assertEquals([response.status, error.type, error.code], [401, "invalid_request_error", "invalid_api_key"]);
      assertEquals(response.headers.get("www-authenticate"), "Bearer");
      assertEquals(error.message, `Cannot accept the request: ${reasonFor(authorization)}`);
    }
    const init = { headers: { "content-type": "application/json", ...headers } };
    assertEquals((await handler(post("/v1/completions", body, init))).status, 401);
    assertEquals((await ask("/health", headers)).status, 200);
  }
  assertEquals(engine.submitted, []);
  for (const authorization of ["Bearer secret-1", "bearer  secret-1"]) {
    assertEquals((await ask("/v1/models", { authorization })).status, 200);
    assertEquals((await ask("/nothing", { authorization })).status, 404);
  }
});

Deno.test("web pages of the allowed origin read all answers, and errors; those of others none", async () => {
  const { ask, log } = serverWith({ cors: "https://app.example", apiKey: "k" });
  const origin = "https://app.example";
  const allowed = async (path: string, headers: Record<string, string>, method?: string) => {
    const response = await ask(path, headers, method);
    assertEquals(response.headers.get("vary"), "Origin");
    return [response.status, response.headers.get("access-control-allow-origin")];
  };
  assertEquals(await allowed("/v1/models", { origin, authorization: "Bearer k" }), [200, origin]);
  assertEquals(await allowed("/v1/models", { origin }), [401, origin]);
  assertEquals(await allowed("/health", { origin: "https://app.example.org" }), [200, null]);
  const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "authorization, a-b" };
  const response = await ask("/v1/completions", { origin, ...preflight }, "OPTIONS");
  const of = (name: string) => response.headers.get(`access-control-${name}`);
  assertEquals([response.status, of("allow-origin"), of("allow-methods")], [200, origin, "GET, POST"]);
  assertEquals([of("allow-headers"), of("max-age")], ["authorization, a-b", "600"]);
  assertEquals(log.at(-1)?.method, "OPTIONS");
  const authorization = "Bearer k";
  const other = { ...preflight, origin: "http://app.example", authorization };
  assertEquals(await allowed("/v1/completions", other, "OPTIONS"), [405, null]);
});

Deno.test("* allows every origin; without --cors no answer names an origin, and preflight requests get 405", async () => {
  const preflight = { origin: "https://a.example", "access-control-request-method": "POST" };
  for (const cors of ["*", undefined]) {
    const { ask } = serverWith({ cors });
    const response = await ask("/v1/completions", preflight, "OPTIONS");
    assertEquals(response.status, cors ? 200 : 405);
    assertEquals(response.headers.get("access-control-allow-origin"), cors ?? null);
    assertEquals((await ask("/v1/models", preflight)).headers.get("access-control-allow-origin"), cors ?? null);
  }
});

Deno.test("a request has an id, a given one if it is valid; in its answer and its record", async () => {
  const { ask, log } = serverWith({});
  for (
    const [given, valid] of [["trace-1:2.a_b", true], ["a", true], ["x".repeat(128), true], ["a b", false], [
      "x".repeat(129),
      false,
    ]] as const
  ) {
    const id = (await ask("/v1/models", { "x-request-id": given })).headers.get("x-request-id")!;
    assertEquals(log.at(-1)!.id, id);
    if (valid) assertEquals(id, given);
    else assertMatch(id, /^req_[0-9a-f]{32}$/);
  }
});

Deno.test("health probes give the version and are not logged, but counted; other requests of /health are", async () => {
  const { ask, log, health } = serverWith({});
  for (const method of ["GET", "HEAD"]) assertEquals((await ask("/health", {}, method)).status, 200);
  health.fault = "the device was lost";
  assertEquals((await ask("/health")).status, 503);
  assertEquals(log, []);
  assertEquals((await ask("/health", {}, "POST")).status, 405);
  assertEquals(log.map(({ path, status }) => [path, status]), [["/health", 405]]);
  assertStringIncludes(await (await ask("/metrics")).text(), 'refrain_requests_total{route="/health",status="200"} 2');
  assertEquals(VERSION, JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url))).version);
});

Deno.test("the flags --api-key, with the key in a file, and --cors reach the server", async () => {
  const file = `${temporary()}/key`;
  await Deno.writeTextFile(file, "secret-3\n");
  const origin = "https://app.example", flags = ["--api-key", `@${file}`, "--cors", origin];
  const { url, interrupt, ended } = await serveProcess(await decoderFolder(), "--device", "reference", ...flags);
  const ask = async (authorization: string) => {
    const response = await fetch(`${url}/v1/models`, { headers: { authorization, origin } });
    await response.body?.cancel();
    return [response.status, response.headers.get("access-control-allow-origin")];
  };
  assertEquals(await ask("Bearer secret-3"), [200, origin]);
  assertEquals(await ask("Bearer secret-4"), [401, origin]);
  interrupt();
  const { code, err } = await ended();
  assertEquals(code, 0, err);
  assert(!err.includes("secret"), err);
});

Deno.test("flags with wrong keys, origins and times are one error line each", async () => {
  const refused = async (...flags: string[]) => assertRefused(await run("serve", ["nowhere", ...flags]));
  assertStringIncludes(await refused("--api-key", "a b"), "Cannot read --api-key: expected characters of ASCII");
  assertStringIncludes(await refused("--api-key", "@/no/such/file"), "Cannot read --api-key: ");
  const file = `${temporary()}/key`;
  await Deno.writeTextFile(file, "\n");
  assertStringIncludes(await refused("--api-key", `@${file}`), "found none");
  const near = "Cannot read --cors https://app.example/: expected an origin such as https://app.example, or *";
  assertEquals(await refused("--cors", "https://app.example/"), near);
  assertStringIncludes(await refused("--cors", "app.example"), "expected an origin such as https://app.example");
  for (const time of ["-1", "3e6"]) assertStringIncludes(await refused(`--drain=${time}`), "from 0 to 2000000");
});
