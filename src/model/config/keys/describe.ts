/**
 * The tables of keys as Markdown, for docs/config.md.
 *
 * @module
 */
import { commonKeys } from "./common.ts";
import { mechanisms } from "./mechanisms.ts";
import type { KeyRules, Rule } from "./rule.ts";
import { keyTables } from "./tables.ts";

/** All tables of keys as Markdown: common keys, then the keys of every model type. */
export function describeConfigKeys(): string {
  const { llama, mor, modernbert, modernalbert } = keyTables;
  const own = (keys: KeyRules) =>
    Object.fromEntries(Object.entries(keys).filter(([key, rule]) => rule !== commonKeys[key]));
  const sections: [string, KeyRules][] = [
    ["All model types", commonKeys],
    ["`llama`: defaults of LlamaConfig", own(llama.keys)],
    ["`mor` and `refrain`: where they differ from `llama`", difference(mor.keys, llama.keys)],
    ["`modernbert`: defaults of ModernBertConfig", own(modernbert.keys)],
    ["`modernalbert`", own(modernalbert.keys)],
  ];
  return [...sections.map(([title, keys]) => `## ${title}\n\n${list(keys)}`), unknown()].join("\n\n") + "\n";
}

function difference(keys: KeyRules, others: KeyRules): KeyRules {
  return Object.fromEntries(Object.entries(keys).filter(([key, rule]) => line(rule) !== line(others[key])));
}

/** A line for every treatment, with all its keys. */
function list(keys: KeyRules): string {
  const lines = new Map<string, string[]>();
  for (const [key, rule] of Object.entries(keys)) lines.set(line(rule), [...lines.get(line(rule)) ?? [], `\`${key}\``]);
  return [...lines].map(([rest, names]) => `- ${names.join(", ")}: ${rest}`).join("\n");
}

function line({ treatment, about, fallback, allowed = [], same }: Rule): string {
  const text = (value: unknown) => `\`${JSON.stringify(value)}\``;
  if (same) return `refused unless equal to \`${same}\``;
  const passes = [null, ...allowed].map(text).join(" or ");
  const how = treatment === "checked" ? `refused unless ${passes}` : treatment;
  return `${how}; ${about}${fallback === undefined ? "" : `; default ${text(fallback)}`}`;
}

function unknown(): string {
  const names = mechanisms.map(({ names, about }) => `- ${about}: \`${names.source}\``);
  return ["## Names of other keys that are refused", "", ...names].join("\n");
}
