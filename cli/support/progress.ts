/** Progress on standard error: an updated line on a terminal, a plain line every few seconds elsewhere. */
import { writeSync } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";

/** Milliseconds between two lines. */
const STEP = { terminal: 100, plain: 5000 };

let shown = false;

/** Clears the progress line. */
export function clearProgress(): void {
  if (shown) writeSync(2, "\r\x1b[K");
  shown = false;
}

/** Replaces the progress line; `false` if standard error is no terminal. */
export function showMoving(line: string): boolean {
  if (!isatty(2)) return false;
  clearProgress();
  writeSync(2, line.slice(0, (process.stderr.columns || 80) - 1));
  return shown = true;
}

/** Bytes in words: 1.5 MB. */
export function bytesText(bytes: number): string {
  if (bytes < 1e5) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Seconds in words: 0.31 s, 12 s, 3 min 20 s. */
export function secondsText(seconds: number): string {
  if (seconds < 10) return `${seconds.toPrecision(2)} s`;
  return seconds < 60 ? `${seconds.toFixed(0)} s` : `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
}

/** Unit of progress: bytes, or a plural. */
type Unit = "bytes" | "texts" | "tokens";

/** Progress of a task. */
export class Progress {
  readonly #started = performance.now();
  #last = this.#started;

  /** Starts the clock; `label` is the task's name. */
  constructor(readonly label: string, readonly unit: Unit) {}

  /** Seconds since the start. */
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Shows the progress and an optional suffix, at most every {@link STEP} milliseconds. */
  update(loaded: number, total: number, more?: string): void {
    const terminal = isatty(2);
    const now = performance.now();
    if (now - this.#last < (terminal ? STEP.terminal : STEP.plain) || loaded >= total) return;
    this.#last = now;
    const line = [this.#line(loaded, total), more].filter(Boolean).join(", ");
    if (!showMoving(line)) console.error(line);
  }

  #line(loaded: number, total: number): string {
    const text = (amount: number) => this.unit === "bytes" ? bytesText(amount) : amount.toFixed(amount < 10 ? 1 : 0);
    const rate = loaded / this.seconds;
    const unit = this.unit === "bytes" ? "" : ` ${this.unit}`;
    const count = this.unit === "bytes" ? `${text(loaded)} of ${text(total)}` : `${loaded} of ${total}${unit}`;
    const left = loaded > 0 ? `, ${secondsText((total - loaded) / rate)} left` : "";
    return `${this.label}: ${count}, ${text(rate)}${unit}/s${left}`;
  }
}
