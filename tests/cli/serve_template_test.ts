/** Chat templates: rendering as in Python's Jinja, choice of the file, and bounds for hostile ones. */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { ChatTemplate, loadChatTemplate } from "../../cli/serve/chat_template.ts";
import { BoundedTemplate, RaisedError } from "../../cli/serve/template.ts";
import { openSource } from "../../src/checkpoint/open_source.ts";

const user = (content: string) => ({ role: "user", content });

/** The template of SmolLM2-Instruct. */
const CHATML = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}" +
  "{{ '<|im_start|>system\nBe brief.<|im_end|>\n' }}{% endif %}" +
  "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const files = (texts: Record<string, unknown>) =>
  openSource(Object.fromEntries(
    Object.entries(texts).map(([name, content]) => {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      return [name, new TextEncoder().encode(text)];
    }),
  ));

Deno.test("a template renders the conversation up to the beginning of the answer", () => {
  const wanted = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
  assertEquals(new ChatTemplate(CHATML, {}).render([user("Hi")]), wanted);
  const llama =
    "{{ bos_token }}{%- for m in messages %}\n  {%- if m.role == 'user' %}{{ '[INST] ' + m.content | trim }}" +
    "{%- endif %}\n{%- endfor %}{% if tools is none and documents is none %} none{% endif %}{{ eos_token }}";
  assertEquals(new ChatTemplate(llama, { bos_token: "<s>" }).render([user(" a ")]), "<s>[INST] a none");
  assertMatch(new BoundedTemplate("{{ strftime_now('%d %b %Y') }}").render({}), /^\d\d \w{3} 20\d\d$/);
  const numbers = "{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 1, -2) %}{{ i }}{% endfor %}";
  assertEquals(new BoundedTemplate(numbers).render({}), "01253");
});

Deno.test("chat_template.jinja has precedence; a list has the template named default; special tokens are texts", async () => {
  const config = { bos_token: "<s>", eos_token: { content: "</s>" }, chat_template: "config {{ bos_token }}" };
  const render = async (texts: Record<string, unknown>) => {
    const template = await loadChatTemplate(files(texts));
    return typeof template === "string" ? `none: ${template}` : template.render([user("a")]);
  };
  assertEquals(await render({ "tokenizer_config.json": config }), "config <s>");
  const file = { "chat_template.jinja": "file {{ eos_token }}{{ pad_token }}" };
  const map = { "special_tokens_map.json": { pad_token: "<pad>", bos_token: "<other>" } };
  assertEquals(await render({ "tokenizer_config.json": config, ...file, ...map }), "file </s><pad>");
  const list = ["tool_use", "default"].map((name) => ({ name, template: `${name} {{ bos_token }}` }));
  assertEquals(await render({ "tokenizer_config.json": { ...config, chat_template: list } }), "default <s>");
  const faults: [texts: Record<string, unknown>, reason: string][] = [
    [{}, "it has no chat template: add chat_template.jinja to its folder, or use /v1/completions"],
    [
      { "tokenizer_config.json": { chat_template: [list[0]] } },
      "cannot be used: it has the names tool_use, not default",
    ],
    [{ "tokenizer_config.json": { chat_template: 5 } }, "chat_template of tokenizer_config.json cannot be used"],
    [{ "chat_template.jinja": "{% if %}" }, "its chat_template.jinja cannot be used: "],
    [{ "chat_template.jinja": "x".repeat(200_001) }, "it has 200001 characters, 200000 is the most"],
    [{ "chat_template.jinja": "x".repeat(800_001) }, "it has 800001 bytes, 800000 is the most"],
  ];
  for (const [texts, reason] of faults) assertStringIncludes(await render(texts), reason);
});

Deno.test("raise_exception gives its message; unknown functions and wrong types are errors", () => {
  const raising = new ChatTemplate("{{ raise_exception('Roles must alternate') }}", {});
  assertThrows(() => raising.render([user("a")]), RaisedError, "Roles must alternate");
  for (const source of ["{{ nothing() }}", "{{ 1 | nothing }}", "{{ messages.constructor('x') }}"]) {
    assertThrows(() => new ChatTemplate(source, {}).render([user("a")]), Error);
  }
});

const double = (body: string) => `{% for i in range(60) %}${body}{% endfor %}`;
const hostile: [name: string, source: string, message: string][] = [
  ["a text that doubles", "{% set ns = namespace(s='ab') %}" + double("{% set ns.s = ns.s + ns.s %}"), "4000000"],
  ["a list that doubles", "{% set ns = namespace(s=[1]) %}" + double("{% set ns.s = ns.s + ns.s %}"), "4000000"],
  [
    "lists in lists",
    "{% set ns = namespace(s=[1]) %}" + double("{% set ns.s = [ns.s, ns.s] %}") + "{{ ns.s }}",
    "4000000",
  ],
  [
    "namespaces in lists that are filled later",
    "{% set ns = namespace(last=[]) %}" +
    double("{% set m = namespace() %}{% set l = [m, m] %}{% set m.a = ns.last %}{% set ns.last = l %}") +
    "{{ ns.last | tojson }}",
    "4000000",
  ],
  ["an endless loop", "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", "2000 ms"],
  ["a large range", "{% for i in range(1000000000000) %}{% endfor %}", "range() of 1000000000000 numbers"],
  ["a macro that calls itself", "{% macro f(g) %}{{ g(g) }}{% endmacro %}{{ f(f) }}", "too deeply"],
  ["a namespace that holds itself", "{% set n = namespace() %}{% set n.n = n %}{{ n | tojson }}", "too deeply"],
  [
    "many large texts",
    "{% set ns = namespace(s='ab') %}{% for i in range(20) %}{% set ns.s = ns.s + ns.s %}{% endfor %}" +
    "{% for i in range(1000) %}{% set x = ns.s | upper %}{% endfor %}",
    "64000000 characters",
  ],
];

Deno.test("hostile templates end with an error within the bounds", () => {
  for (const [name, source, message] of hostile) {
    const started = performance.now(), before = Deno.memoryUsage().rss;
    const { message: got } = assertThrows(() => new BoundedTemplate(source).render({}), Error);
    const spent = performance.now() - started, grown = Deno.memoryUsage().rss - before;
    assertStringIncludes(got, message, name);
    assert(spent < 5000 && grown < 1e9, `${name}: ${spent.toFixed(0)} ms, ${grown} bytes`);
  }
});

Deno.test("hostile sources are refused while they are read", () => {
  const sources: [name: string, source: string][] = [
    ["blanks", `{{ 1 }}${"\n ".repeat(501)}{%- if 1 %}{% endif %}`],
    ["parentheses", `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`],
    ["statements", "{% if a %}".repeat(9000) + "{% endif %}".repeat(9000)],
    ["braces", "{".repeat(200_000)],
  ];
  for (const [name, source] of sources) {
    const started = performance.now();
    assertThrows(() => new BoundedTemplate(source).render({ a: 1 }), Error);
    assert(performance.now() - started < 3000, name);
  }
  assertEquals(new BoundedTemplate(`{{ 1 }}${" ".repeat(1000)}`.repeat(190)).render({}).length, 190 * 1001);
});
