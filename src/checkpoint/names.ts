// Tensor names with the prefixes of wrapper modules, or without the prefix `model.` of base models.

const WRAPPERS = ["module.", "student.", "model."] as const;

/** Maximum number of wrapper prefixes; further ones are part of the name. */
const MOST_WRAPPERS = 8;

/**
 * The possible canonical names of a tensor: its own, those without up to 8 wrapper prefixes, and each of these with the
 * prefix `model.`.
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
 * Maps wanted names to names in the file. An exact name has priority over a tensor that is wanted under another spelling.
 * A name that two tensors match by spelling is not mapped.
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

/** The tensor name in the file that matches a wanted name, if there is one. */
export function findName(found: readonly string[], wanted: string): string | undefined {
  return matchNames(found, new Set([wanted])).get(wanted);
}
