// Whose name a tensor goes by: wrappers put prefixes before it, base models leave one out.

const WRAPPERS = ["module.", "student.", "model."] as const;

/** Wrappers around a model at most: every further prefix is part of the name. */
const MOST_WRAPPERS = 8;

/**
 * The names a tensor may be meant by: its own, those left when prefixes of up to 8 wrappers are stripped, and each of
 * them with the `model.` that base models leave out.
 *
 * ```ts
 * spellingsOf("student.norm.weight"); // ["student.norm.weight", "norm.weight", "model.student.norm.weight", "model.norm.weight"]
 * ```
 */
export function spellingsOf(name: string): string[] {
  const bare = [name];
  while (bare.length <= MOST_WRAPPERS) {
    const prefix = WRAPPERS.find((wrapper) => bare.at(-1)!.startsWith(wrapper));
    if (prefix === undefined) break;
    bare.push(bare.at(-1)!.slice(prefix.length));
  }
  return [...bare, ...bare.map((spelling) => `model.${spelling}`)];
}

/**
 * Gives wanted names their tensors: wanted name → name found. An exact name wins; where it is absent, a tensor one of
 * whose spellings is wanted stands in, unless two tensors would: then neither does, rather than a guess.
 *
 * ```ts
 * matchNames(["module.a", "b"], new Set(["a", "b", "c"])); // Map { "b" → "b", "a" → "module.a" }
 * ```
 */
export function matchNames(found: readonly string[], wanted: ReadonlySet<string>): Map<string, string> {
  const matched = new Map(found.filter((name) => wanted.has(name)).map((name) => [name, name]));
  const claims = new Map<string, string | undefined>(); // undefined: more than one tensor
  for (const name of found) {
    if (matched.has(name)) continue;
    const meant = spellingsOf(name).find((spelling) => wanted.has(spelling));
    if (meant !== undefined && !matched.has(meant)) claims.set(meant, claims.has(meant) ? undefined : name);
  }
  for (const [meant, name] of claims) if (name !== undefined) matched.set(meant, name);
  return matched;
}

/** The one tensor that is meant by a name, if there is one. */
export function findName(found: readonly string[], wanted: string): string | undefined {
  return matchNames(found, new Set([wanted])).get(wanted);
}
