// Names of models on the Hub.

/** A model of the Hub at a revision. */
export interface HubId {
  /** Its owner and its name, as in "owner/name". */
  readonly model: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
  /** What was looked for under this name before the Hub is asked, in the words of an error message. */
  readonly elsewhere?: string;
}

/**
 * Reads `owner/name`, or `owner/name@revision` with a branch, a tag or a commit; undefined for any other text.
 *
 * ```ts
 * parseHubId("owner/name@v1.0"); // { model: "owner/name", revision: "v1.0" }
 * parseHubId("./owner/name"); // undefined
 * ```
 */
export function parseHubId(text: string): HubId | undefined {
  const [, model, revision = "main"] = /^(\w[\w.-]*\/\w[\w.-]*)(?:@([\w.-]+(?:\/[\w.-]+)*))?$/.exec(text) ?? [];
  if (model === undefined || /\.(?:json|safetensors)$/i.test(model)) return undefined;
  return `/${revision}/`.includes("/../") || `/${revision}/`.includes("/./") ? undefined : { model, revision };
}

/** True for the 40 hexadecimal digits of a commit. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
