/** How far something has come, on standard error: one line that moves on a terminal, a plain line now and then elsewhere. */

/** Milliseconds between two lines. */
const STEP = { terminal: 100, plain: 5000 };

let shown = false;

/** Removes the moving line, so that something else can be written. */
export function clearProgress(): void {
  if (shown) Deno.stderr.writeSync(new TextEncoder().encode("\r\x1b[K"));
  shown = false;
}

/** Shows a line in place of the moving one; `false` where standard error is no terminal. */
export function showMoving(line: string): boolean {
  if (!Deno.stderr.isTerminal()) return false;
  clearProgress();
  Deno.stderr.writeSync(new TextEncoder().encode(line.slice(0, Deno.consoleSize().columns - 1)));
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

/** What is counted: bytes, or things by their name. */
type Unit = "bytes" | "texts" | "tokens";

/** One thing that takes a while. */
export class Progress {
  readonly #started = performance.now();
  #last = this.#started;

  /** Starts the clock; `label` says what is being done. */
  constructor(readonly label: string, readonly unit: Unit) {}

  /** Seconds since the start. */
  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Says how far it has come, and perhaps something more, unless it said so a moment ago. */
  update(loaded: number, total: number, more?: string): void {
    const terminal = Deno.stderr.isTerminal();
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
