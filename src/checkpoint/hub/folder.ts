// The Hub's cache folder, as other programs of the Hub read and write it: blobs by ETag, snapshots of commits by file name.
import { fileSystem, isMissing, makeFolder, type OpenFile } from "../host.ts";
import { reasonOf } from "../messages.ts";
import { Arrival } from "../http/growing.ts";
import { partsOf } from "../source_names.ts";
import { writeFileAtomically } from "../files.ts";
import type { HubId } from "./id.ts";

/** A blob that arrives in a file of the folder; an earlier part of it is there at once. */
export class ArrivingBlob extends Arrival {
  #readers = 0;
  #closed = false;

  /** A file with `have` bytes. */
  constructor(readonly path: string, readonly file: OpenFile, have: number) {
    super(0);
    this.have = have;
  }

  /** Writes bytes to the file. */
  async take(chunk: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < chunk.length;) at += await this.file.write(chunk.subarray(at), this.next + at);
    } catch (error) {
      const { next, path } = this;
      throw new Error(`${path} could not be written after ${next} bytes, ${reasonOf(error)}`, { cause: error });
    }
    this.advance(chunk.length);
  }

  /** Bytes [start, end), which are there; undefined once the file is closed. */
  async slice(start: number, end: number): Promise<Uint8Array | undefined> {
    if (this.#closed) return undefined;
    this.#readers++;
    try {
      const bytes = new Uint8Array(end - start);
      for (let at = 0; at < bytes.length;) {
        const count = await this.file.read(bytes.subarray(at), start + at);
        if (count === 0) throw new Error(`Cannot read ${this.path}: it ends after ${start + at} bytes`);
        at += count;
      }
      return bytes;
    } finally {
      if (--this.#readers === 0 && this.#closed) this.file.close();
    }
  }

  /** Closes the file when the last reader has left. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#readers === 0) this.file.close();
  }
}

/** The cache folder of one model. */
export class HubFolder {
  /** Its path. */
  readonly path: string;
  readonly #disk;

  /** The folder of a model below the cache folder; it may not be there yet. */
  constructor(cache: string, { model }: HubId) {
    this.#disk = fileSystem(`open ${cache}`);
    this.path = `${cache.replace(/[\\/]+$/, "")}/models--${model.replace("/", "--")}`;
  }

  /** The commit that a branch or a tag had when it was last asked for; undefined if it never was. */
  async commitOf(revision: string): Promise<string | undefined> {
    try {
      const file = await this.#disk.open(`${this.path}/refs/${revision}`);
      try {
        const bytes = new Uint8Array(100);
        return new TextDecoder().decode(bytes.subarray(0, await file.read(bytes, 0))).trim();
      } finally {
        file.close();
      }
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Notes the commit of a branch or a tag. */
  async setCommit(revision: string, commit: string): Promise<void> {
    if (await this.commitOf(revision) !== commit) await this.#write(`refs/${revision}`, commit);
  }

  /** The folder with the files of a commit. */
  snapshot(commit: string): string {
    return `${this.path}/snapshots/${commit}`;
  }

  /** Whether the folder has a file: "yes", "no" where the commit has none, undefined where that is not known. */
  async has(commit: string, file: string): Promise<"yes" | "no" | undefined> {
    const inside = partsOf(file).join("/");
    if (await this.#size(`snapshots/${commit}/${inside}`) !== undefined) return "yes";
    return await this.#size(`.no_exist/${commit}/${inside}`) === undefined ? undefined : "no";
  }

  /** Notes that a commit has no such file. */
  async setMissing(commit: string, file: string): Promise<void> {
    await this.#write(`.no_exist/${commit}/${partsOf(file).join("/")}`, "");
  }

  /** Begins a blob, or goes on with one that a process which has ended left; undefined if it is complete. */
  async begin(tag: string): Promise<ArrivingBlob | undefined> {
    if (await this.#size(`blobs/${tag}`) !== undefined) return undefined;
    await makeFolder("write", `${this.path}/blobs`);
    const part = (pid: number | string) => `${tag}.${pid}.incomplete`,
      own = `${this.path}/blobs/${part(this.#disk.pid)}`;
    for (const name of await this.#disk.names(`${this.path}/blobs`)) {
      const pid = name.endsWith(".incomplete") && name.startsWith(`${tag}.`) ? Number(name.split(".").at(-2)) : NaN;
      if (name !== part(pid) || pid === this.#disk.pid || this.#disk.isRunning(pid)) continue;
      await this.#disk.rename(`${this.path}/blobs/${name}`, own).catch(() => {}); // another process was faster
    }
    const file = await this.#disk.open(own, "update");
    return new ArrivingBlob(own, file, (await file.info()).size);
  }

  /** Gives a blob its name in the folder, and links the file of a commit to it. */
  async finish(tag: string, commit: string, file: string, blob?: ArrivingBlob): Promise<void> {
    const inside = partsOf(file), path = `${this.snapshot(commit)}/${inside.join("/")}`;
    await makeFolder("write", path.slice(0, path.lastIndexOf("/")));
    if (blob) {
      await blob.file.sync();
      await this.#disk.rename(blob.path, `${this.path}/blobs/${tag}`);
    }
    const target = `${"../".repeat(inside.length + 1)}blobs/${tag}`;
    await this.#disk.link(target, path).catch(async (error) => {
      if (await this.#size(`snapshots/${commit}/${inside.join("/")}`) !== undefined) return; // another process was faster
      if (!blob) throw error;
      await this.#disk.rename(`${this.path}/blobs/${tag}`, path); // a file system without links
    });
  }

  async #size(file: string): Promise<number | undefined> {
    try {
      return (await this.#disk.info(`${this.path}/${file}`)).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #write(file: string, text: string): Promise<void> {
    const path = `${this.path}/${file}`;
    await makeFolder("write", path.slice(0, path.lastIndexOf("/")));
    await writeFileAtomically(path, [new TextEncoder().encode(text)]);
  }
}
