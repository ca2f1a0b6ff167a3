// A model of the Hub in a browser: its files by their URLs at a commit.
import { browserCache } from "../http/kept_files.ts";
import { laterSource } from "../later_source.ts";
import type { Source } from "../source.ts";
import { type HttpOptions, remoteSource } from "../source_http.ts";
import { factsOf, fileUrl, sender } from "./facts.ts";
import { type HubId, isCommit } from "./id.ts";
import { hubSettings } from "./settings.ts";

/** Opens a model of the Hub. Nothing is requested until a file is looked for. */
export function hubBrowserSource(id: HubId, options: HttpOptions): Source {
  return laterSource(id.model, async () => {
    const settings = await hubSettings(options), send = sender(settings);
    const url = fileUrl(settings, id, id.revision, "config.json");
    const notes = browserCache({ ...options, send });
    const commit = isCommit(id.revision)
      ? id.revision
      : options.offline
      ? await notes?.noted(url)
      : (await factsOf({ ...options, url, id, settings, send, redirect: "follow" })).commit;
    if (commit && commit !== id.revision) await notes?.note(url, commit);
    const revision = commit ?? id.revision, keep = browserCache({ ...options, send, pinned: isCommit(revision) });
    const locate = (file: string) => fileUrl(settings, id, revision, file);
    return remoteSource({ ...options, name: id.model, locate, send, keep });
  });
}
