/**
 * Memory that an allocation must leave: Deno's WebGPU loses the device where memory for a command or a copy is short.
 *
 * @module
 */

/** Bytes that must be left. */
const RESERVE = 16 * 2 ** 20;

/** Bytes that may be allocated between two probes. */
const UNPROBED = 2 ** 20;

/** An allocation that failed, or that leaves too little. */
export class Shortage extends Error {}

/** Probes memory by buffers that are destroyed at once. */
export class Headroom {
  #spent = 0;

  /** `probing` is for runtimes that tell at once whether a mapped buffer could be made; others tell by error scopes. */
  constructor(readonly device: GPUDevice, readonly probing: boolean = ("Deno" in globalThis)) {}

  /** Accounts for bytes that were, or with `ahead` will be, allocated. Throws a Shortage where too little is left. */
  spend(bytes: number, ahead = 0): void {
    this.#spent += bytes + ahead;
    if (!this.probing || this.#spent < UNPROBED) return;
    this.#spent = 0;
    this.device.queue.submit([]); // frees what earlier commands are done with
    if (this.#has(RESERVE + ahead)) return;
    this.#spent = UNPROBED;
    throw new Shortage(this.#has(16) ? "too little memory is left" : "no buffer can be made");
  }

  #has(size: number): boolean {
    const { MAP_WRITE, COPY_SRC } = GPUBufferUsage;
    const probe = this.device.createBuffer({ size, usage: MAP_WRITE | COPY_SRC, mappedAtCreation: true });
    try {
      probe.getMappedRange(0, 8);
      return true;
    } catch {
      return false;
    } finally {
      probe.destroy();
    }
  }
}
