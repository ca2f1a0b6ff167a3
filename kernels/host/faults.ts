/**
 * Watches for asynchronous GPU errors: the first one is kept and thrown at the next call.
 *
 * @module
 */

/** Milliseconds to wait for the reason of a failure: browsers report a lost device some tens of milliseconds late. */
const NEWS_MS = 200;

/** Watches a device for uncaptured errors and loss. */
export class FaultWatch {
  #fault: string | undefined;
  #end: string | undefined;
  readonly #listening = new AbortController();

  /** Starts watching. */
  constructor(readonly device: GPUDevice) {
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fault ??= (event as GPUUncapturedErrorEvent).error.message;
    }, { signal: this.#listening.signal });
    device.lost.then(({ reason, message }) => void (this.#end ??= lossOf(reason, message)));
  }

  /** Throws an error since the last check, once; a lost or disposed device throws at every check. */
  check(action: string): void {
    const fault = this.#end ?? this.#fault;
    this.#fault = undefined;
    if (fault) throw new Error(`Cannot ${action}: ${fault}`);
  }

  /** Whether the device is lost or disposed. */
  get gone(): boolean {
    return this.#end !== undefined;
  }

  /** Waits for work and throws the GPU's own error instead of a consequence. */
  async guard<T>(action: string, work: Promise<T>): Promise<T> {
    const consequence = await work.then(() => undefined, (error: Error) => error);
    if (consequence || this.#fault) await this.settle(this.#fault ? 0 : NEWS_MS);
    this.check(action);
    if (consequence) throw new Error(`Cannot ${action}: ${consequence.message}`, { cause: consequence });
    return work;
  }

  /** Waits for further errors: browsers report them one by one, some after the failed work. */
  async settle(ms = NEWS_MS): Promise<void> {
    if (this.#end) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.device.lost, new Promise((done) => timer = setTimeout(done, ms))]);
    clearTimeout(timer);
  }

  /** Stops watching; every later check throws. */
  close(): void {
    this.#end ??= "the device was disposed";
    this.#listening.abort();
  }
}

/** The reason of a lost device. */
function lossOf(reason: string, message: string): string {
  return `the device was lost (${reason})${reason === "destroyed" || !message ? "" : `: ${message}`}`;
}
