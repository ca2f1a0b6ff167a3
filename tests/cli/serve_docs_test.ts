/** docs/serve.md names the routes, metrics and flags that the server has. */
import { assert, assertEquals } from "@std/assert";
import { fakeServer, post } from "./serve_support.ts";
import { run } from "./support.ts";

const text = await Deno.readTextFile(new URL("../../docs/serve.md", import.meta.url));

/** Code spans of the first cells of a table's rows; `head` is the first cell of its head. */
function firstCells(head: string): string[] {
  const rows = text.split("\n| " + head)[1].split("\n\n")[0].split("\n").slice(2);
  return rows.flatMap((row) => [...row.split("|")[1].matchAll(/`([^`]+)`/g)].map(([, span]) => span));
}

Deno.test("docs/serve.md has every route", async () => {
  const { handler } = fakeServer();
  const { error } = await (await handler(new Request("http://localhost/nothing"))).json();
  const routes = error.message.split("there is ")[1].split(", ").filter((route: string) => route !== "/v1/models/");
  assertEquals(firstCells("route").map((span) => span.split(" ")[1]).sort(), routes.sort());
});

Deno.test("the metrics that docs/serve.md names exist", async () => {
  const { handler } = fakeServer();
  await handler(post("/v1/completions", { model: "words", prompt: "ab" }));
  const metrics = await (await handler(new Request("http://localhost/metrics"))).text();
  const types = new Map([...metrics.matchAll(/^# TYPE refrain_(\w+) /gm)].map(([, name]) => [name, true]));
  const named = firstCells("metric");
  assertEquals(named.length, 9);
  for (const name of named) assert(types.has(name), name);
});

Deno.test("the flags of the server that docs/serve.md names exist", async () => {
  const { out } = await run("serve", ["--help"]);
  const lines = text.replaceAll("\\\n", " ").split("\n").filter((line) => / serve /.test(line));
  const flags = lines.flatMap((line) => [...line.split(" serve ").pop()!.matchAll(/--[a-z-]+/g)].map(([flag]) => flag));
  const prose = [...text.matchAll(/`(--[a-z-]+) [A-Z@]/g)].map(([, flag]) => flag);
  for (const flag of [...flags, ...prose]) assert(out.includes(`  ${flag}`), flag);
  assert(["--api-key", "--cors", "--drain"].every((flag) => [...flags, ...prose].includes(flag)));
});
