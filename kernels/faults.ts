/**
 * GPU errors arrive on their own time: this keeps the first one and throws it at the next call.
 *
 * @module
 */

/** Watches a device for uncaptured errors and loss. */
export class FaultWatch {
  #fault: string | undefined;
  #disposed = false;

  /** Starts watching. */
  constructor(readonly device: GPUDevice) {
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#fault ??= (event as GPUUncapturedErrorEvent).error.message;
    });
    device.lost.then(({ reason, message }) => {
      if (!this.#disposed) this.#fault ??= `the device was lost (${reason}): ${message}`;
    });
  }

  /** Throws if something went wrong so far. */
  check(action: string): void {
    if (this.#fault) throw new Error(`Cannot ${action}: ${this.#fault}`);
    if (this.#disposed) throw new Error(`Cannot ${action}: the device was disposed`);
  }

  /** Waits for work and throws the GPU's own message rather than the consequence. */
  async guard<T>(action: string, work: Promise<T>): Promise<T> {
    try {
      const result = await work;
      this.check(action);
      return result;
    } catch (error) {
      this.check(action);
      throw new Error(`Cannot ${action}: ${(error as Error).message}`, { cause: error });
    }
  }

  /** Waits for submitted work; what fails afterwards is nobody's concern. */
  async settle(): Promise<void> {
    if (!this.#fault && !this.#disposed) await this.device.queue.onSubmittedWorkDone().catch(() => {});
    this.#disposed = true;
  }
}
