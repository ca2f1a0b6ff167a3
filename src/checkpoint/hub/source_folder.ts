// A model of the Hub by way of its cache folder: files are downloaded into the folder when they are looked for.
import { download } from "../http/download.ts";
import type { Timing } from "../http/retry.ts";
import { mostJsonBytes } from "../json.ts";
import { inLine } from "../parallel.ts";
import type { Source, SourceOptions } from "../source.ts";
import { pathSource } from "../source_path.ts";
import { checkRange } from "../source_names.ts";
import { type Facts, factsOf, fileUrl, sender } from "./facts.ts";
import { type ArrivingBlob, HubFolder } from "./folder.ts";
import { type HubId, isCommit } from "./id.ts";
import { cacheFolder, type HubSettings, hubSettings, isOffline } from "./settings.ts";

/** Files that are downloaded at a time. */
const CONNECTIONS = 4;

/** A file that is arriving; its size is known when all is there, or before. */
interface Arriving {
  readonly blob: ArrivingBlob;
  readonly size?: number;
}

/** Opens a model of the Hub. Nothing is requested until a file is looked for. */
export function hubFolderSource(id: HubId, options: SourceOptions & Timing): Source {
  return new FolderSource(id, options).source();
}

/** Blobs that this process downloads, by path. */
const busy = new Map<string, Promise<void>>();

class FolderSource {
  readonly #folder: HubFolder;
  readonly #connect = inLine(CONNECTIONS);
  readonly #offline: boolean;
  readonly #found = new Map<string, Promise<Arriving | "there" | undefined>>();
  readonly #downloads = new Set<Promise<unknown>>();
  #stop = new AbortController();
  #settings?: Promise<HubSettings>;
  #commit?: Promise<string>;
  #first?: { readonly file: string; readonly facts: Facts };

  constructor(readonly id: HubId, readonly options: SourceOptions & Timing) {
    this.#folder = new HubFolder(cacheFolder(options), id);
    this.#offline = isOffline(options);
  }

  source(): Source {
    const find = (file: string) => this.#find(file);
    const there = async () => pathSource(this.#folder.snapshot(await this.#revision()), this.options);
    const size = async (file: string, wait: boolean) => {
      const found = await find(file);
      if (found === undefined || found === "there") return found && await (await there()).size(file);
      if (found.size === undefined && wait) await found.blob.until(Infinity);
      return found.size ?? (found.blob.ended ? found.blob.have : undefined);
    };
    return {
      name: this.id.model + (this.id.revision === "main" ? "" : `@${this.id.revision}`),
      has: async (file) => await find(file) !== undefined,
      size: (file) => size(file, true),
      sizeSoFar: (file) => size(file, false),
      read: async (file, start, end, watch) => {
        const found = await find(file);
        if (found === undefined || found === "there") return await (await there()).read(file, start, end);
        checkRange(file, start, end, found.size ?? Infinity);
        await found.blob.until(end, (next) => watch?.(Math.max(0, Math.min(end, next) - start)));
        return await found.blob.slice(start, end) ?? await (await there()).read(file, start, end);
      },
      whyMissing: () => this.#offline ? `\`offline\` is set, and it is not in ${this.#folder.path}` : undefined,
      prefetch: (files) => files.forEach((file) => void find(file).catch(() => {})),
      release: async () => {
        this.#stop.abort(new Error("Cannot read: the source was released"));
        this.#stop = new AbortController();
        this.#found.clear();
        await Promise.all(this.#downloads);
      },
    };
  }

  #find(file: string): Promise<Arriving | "there" | undefined> {
    this.options.signal?.throwIfAborted();
    const found = this.#found.get(file) ?? this.#look(file);
    this.#found.set(file, found);
    found.catch(() => this.#found.delete(file));
    return found;
  }

  /** The commit of the revision: what the Hub says now, or said last where no request may be made. */
  #revision(): Promise<string> {
    const { revision, model } = this.id;
    const ask = async () => {
      if (isCommit(revision)) return revision;
      if (this.#offline) {
        const commit = await this.#folder.commitOf(revision);
        if (commit) return commit;
        throw new Error(`Cannot open ${model}: \`offline\` is set, and ${revision} is not in ${this.#folder.path}`);
      }
      const file = "config.json", facts = await this.#ask(revision, file);
      this.#first = { file, facts };
      const { commit } = facts;
      if (!commit || !isCommit(commit)) throw new Error(`Cannot open ${model}: the Hub names no commit of ${revision}`);
      await this.#folder.setCommit(revision, commit);
      return commit;
    };
    this.#commit ??= ask();
    this.#commit.catch(() => this.#commit = undefined);
    return this.#commit;
  }

  async #ask(revision: string, file: string): Promise<Facts> {
    const settings = await (this.#settings ??= hubSettings(this.options)), { id, options } = this;
    const url = fileUrl(settings, id, revision, file), signal = this.#signal();
    return await factsOf({ ...options, url, signal, id, settings, send: sender(settings), redirect: "manual" });
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#stop.signal, ...this.options.signal ? [this.options.signal] : []]);
  }

  /** A file in the folder, or the download of it. */
  async #look(file: string): Promise<Arriving | "there" | undefined> {
    const commit = await this.#revision(), kept = await this.#folder.has(commit, file);
    if (kept === "yes") return "there";
    if (kept === "no" || this.#offline) return undefined;
    const facts = this.#first?.file === file ? this.#first.facts : await this.#ask(commit, file);
    if (!facts.there) return void await this.#folder.setMissing(commit, file);
    const tag = (facts.tag ?? `${commit}-${file}`).replace(/[^\w.-]/g, "_"), name = `${this.#folder.path}/${tag}`;
    while (busy.has(name)) await busy.get(name); // another load of this process
    let leave = () => {};
    busy.set(name, new Promise<void>((resolve) => leave = () => (busy.delete(name), resolve())));
    try {
      const blob = await this.#folder.begin(tag);
      if (blob) return this.#download({ blob, size: facts.size }, tag, commit, file, leave);
      await this.#folder.finish(tag, commit, file);
      leave();
      return "there";
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Starts the download of a blob; `leave` is called when it ends. */
  #download(arriving: Arriving, tag: string, commit: string, file: string, leave: () => void): Arriving {
    const { blob, size } = arriving, signal = this.#signal();
    const most = /\.safetensors$/.test(file) ? Infinity : mostJsonBytes(file);
    const fill = async () => {
      const settings = await this.#settings!, url = fileUrl(settings, this.id, commit, file), end = size ?? Infinity;
      const order = { ...this.options, url, signal, size, ranged: false, end, most, send: sender(settings) };
      if (blob.have !== size) await download(order, blob);
      await this.#folder.finish(tag, commit, file, blob);
    };
    const done = this.#connect(fill).then(() => {
      this.#found.set(file, Promise.resolve("there"));
      blob.end();
    }, (error) => {
      this.#found.delete(file);
      blob.fail(error);
    }).finally(() => (blob.close(), leave(), this.#downloads.delete(done)));
    this.#downloads.add(done);
    return arriving;
  }
}
