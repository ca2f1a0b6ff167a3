/** `/metrics`: counters, gauges and histograms in the text format of Prometheus. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Histograms } from "../../cli/serve/histogram.ts";
import { fakeServer, post } from "./serve_support.ts";

const body = { model: "words", prompt: "ab", max_tokens: 3 };

Deno.test("the metrics count requests, tokens, bytes, and the time to the first token", async () => {
  const { handler } = fakeServer();
  for (const n of [1, 2]) await handler(post("/v1/completions", { ...body, n }));
  await handler(post("/v1/completions", {}));
  await handler(post("/v1/embeddings", { model: "vectors", input: "a" }));
  const response = await handler(new Request("http://localhost/metrics"));
  assertStringIncludes(response.headers.get("content-type")!, "text/plain; version=0.0.4");
  const lines = (await response.text()).split("\n");
  for (
    const line of [
      'refrain_requests_total{route="/v1/completions",status="200"} 2',
      'refrain_requests_total{route="/v1/completions",status="400"} 1',
      'refrain_sequences_running{model="words"} 0',
      'refrain_tokens_by_depth_total{model="words",depth="2"} 8',
      'refrain_cache_bytes_reserved{model="words"} 1000',
      'refrain_cache_bytes_in_use{model="words",recursion="2"} 0',
      'refrain_time_to_first_token_seconds_bucket{model="words",le="+Inf"} 3',
      'refrain_time_to_first_token_seconds_count{model="words"} 3',
      'refrain_prompt_tokens_total{model="words"} 4',
      'refrain_prompt_tokens_total{model="vectors"} 1',
      'refrain_queue_time_seconds_count{model="words"} 3',
      'refrain_queue_time_seconds_bucket{model="words",le="+Inf"} 3',
      'refrain_queue_time_seconds_count{model="vectors"} 1',
      'refrain_request_time_seconds_count{route="/v1/completions"} 3',
      'refrain_request_time_seconds_bucket{route="/v1/embeddings",le="120"} 1',
    ]
  ) assert(lines.includes(line), `${line} is not in\n${lines.join("\n")}`);
  assert(lines.every((line) => line === "" || /^(# (HELP|TYPE) )?refrain_\w+(\{[^}]*\})? \S/.test(line)));
});

Deno.test("buckets of a histogram are cumulative, and hold times up to their ends", () => {
  const histograms = new Histograms("route");
  for (const seconds of [0.01, 0.011, 5, 121]) histograms.add("/a", seconds);
  const samples = histograms.samples();
  const bucket = (le: number | string) => samples.find(([labels]) => labels.le === le)?.[1];
  assertEquals([0.01, 0.025, 2.5, 5, 120, "+Inf"].map(bucket), [1, 2, 2, 3, 3, 4]);
  assertEquals(samples.slice(-2), [[{ route: "/a" }, 126.021, "_sum"], [{ route: "/a" }, 4, "_count"]]);
});
