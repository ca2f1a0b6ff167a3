/**
 * The log of a training run: one JSON object a line, appended.
 *
 * @module
 */
import { fileSystem, type OpenFile } from "../../checkpoint/host.ts";
import { reasonOf } from "../../checkpoint/messages.ts";
import { formatLogLine, type LogLine } from "./log_lines.ts";

/** A log file that is open for appending. */
export class TrainingLog implements Disposable {
  #size: number;

  private constructor(readonly path: string, readonly file: OpenFile, size: number, readonly lost: number) {
    this.#size = size;
  }

  /**
   * Opens a log and truncates it to `size` bytes. A shorter or missing file is continued: `lost` is the number of missing
   * bytes, and an incomplete line gets a line feed. Throws naming the path when it is not a file
   * that can be written.
   */
  static async open(path: string, size: number): Promise<TrainingLog> {
    let file: OpenFile | undefined, kept: number;
    try {
      file = await fileSystem(`write ${path}`).open(path, "update");
      kept = Math.min((await file.info()).size, size);
      await file.truncate(kept);
    } catch (error) {
      file?.close();
      throw new Error(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
    }
    const log = new TrainingLog(path, file, kept, size - kept);
    if (kept > 0 && !(await log.text()).endsWith("\n")) await log.append("\n");
    return log;
  }

  /** Size in bytes. */
  get size(): number {
    return this.#size;
  }

  /** The whole text. */
  async text(): Promise<string> {
    const bytes = new Uint8Array(this.#size);
    for (let have = 0; have < bytes.length;) {
      have += await this.file.read(bytes.subarray(have), have) || bytes.length;
    }
    return new TextDecoder().decode(bytes);
  }

  /** Appends records. Throws when the disk is full; earlier lines then stay. */
  async write(records: readonly LogLine[]): Promise<void> {
    await this.append(records.map(formatLogLine).join(""));
  }

  /** Appends lines. Throws when the disk is full; earlier lines then stay. */
  async append(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += await this.file.write(bytes.subarray(at), this.#size + at);
    } catch (error) {
      throw new Error(`Cannot write ${this.path}: ${reasonOf(error)}`, { cause: error });
    }
    this.#size += bytes.length;
  }

  /** Waits until all lines are on disk. */
  async sync(): Promise<void> {
    await this.file.sync();
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.file.close();
  }
}
