// Settings of the Hub: options, or else what the environment says to all programs that use the Hub.
import { fileSystem } from "../host.ts";
import type { SourceOptions } from "../source.ts";

/** Address of the Hub. */
const HUB = "https://huggingface.co";

/** Address of the Hub, and the token of requests. */
export interface HubSettings {
  /** Its address, without a slash at the end. */
  readonly endpoint: string;
  /** Token of the account, if there is one. */
  readonly token?: string;
  /** Whether no request may be made. */
  readonly offline: boolean;
}

/** A variable of the environment; undefined in browsers, and without permission to read it. */
function variable(name: string): string | undefined {
  try {
    const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
    return process?.env?.[name] || undefined;
  } catch {
    return undefined;
  }
}

/** Whether only kept files may be used. */
export function isOffline({ offline }: SourceOptions): boolean {
  return offline ?? /^(?:1|on|yes|true)$/i.test(variable("HF_HUB_OFFLINE") ?? "");
}

/** The settings for some options. */
export async function hubSettings(options: SourceOptions): Promise<HubSettings> {
  const endpoint = (options.endpoint ?? variable("HF_ENDPOINT") ?? HUB).replace(/\/+$/, "");
  if (!/^https?:\/\/[^/]/.test(endpoint)) {
    throw new Error(`Cannot open a model of the Hub: its address is ${endpoint}, expected an http(s) URL`);
  }
  const token = (options.token ?? variable("HF_TOKEN") ?? await storedToken()) || undefined; // "" is none
  return { endpoint, token, offline: isOffline(options) };
}

/** The Hub's folder of caches and of the token. */
function home(): string | undefined {
  const user = variable("HOME") ?? variable("USERPROFILE");
  const caches = variable("XDG_CACHE_HOME") ?? (user && `${user}/.cache`);
  return variable("HF_HOME") ?? (caches && `${caches}/huggingface`);
}

/** The Hub's cache folder; throws where the environment names none. */
export function cacheFolder({ cache }: SourceOptions): string {
  const folder = home();
  const found = typeof cache === "string" && cache !== ""
    ? cache
    : variable("HF_HUB_CACHE") ?? variable("HUGGINGFACE_HUB_CACHE") ?? (folder && `${folder}/hub`);
  if (found) return found;
  throw new Error("Cannot open a model of the Hub: there is no HF_HOME and no HOME for its cache; give `cache`");
}

/** The token that `hf auth login` has stored. */
async function storedToken(): Promise<string | undefined> {
  const folder = home(), path = variable("HF_TOKEN_PATH") ?? (folder && `${folder}/token`);
  if (path === undefined) return undefined;
  try {
    const file = await fileSystem(`read ${path}`).open(path);
    try {
      const bytes = new Uint8Array(4096);
      return new TextDecoder().decode(bytes.subarray(0, await file.read(bytes, 0))).trim() || undefined;
    } finally {
      file.close();
    }
  } catch {
    return undefined; // none is stored, or none may be read
  }
}
