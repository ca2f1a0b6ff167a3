/**
 * Buffers that outlive the tensors in them: taken, given back, destroyed only with the device.
 *
 * @module
 */

/** Rounds a size up to a quarter of its power of two, so that near sizes share buffers. */
export function sizeClass(bytes: number): number {
  const step = Math.max(16, 2 ** Math.floor(Math.log2(Math.max(bytes, 1))) / 4);
  return Math.ceil(Math.max(bytes, 16) / step) * step;
}

/** A pool of buffers of one usage. */
export class BufferPool {
  readonly #all = new Set<GPUBuffer>();
  readonly #free: GPUBuffer[] = [];

  /** Makes an empty pool over a device. */
  constructor(readonly device: GPUDevice, readonly usage: GPUBufferUsageFlags, readonly label: string) {}

  /** Bytes of all buffers, taken or free. */
  get bytes(): number {
    return [...this.#all].reduce((sum, buffer) => sum + buffer.size, 0);
  }

  /** Takes the smallest free buffer that holds `bytes` without wasting half of it, or makes one. */
  take(bytes: number): GPUBuffer {
    const { maxBufferSize } = this.device.limits;
    const size = bytes > maxBufferSize ? bytes : Math.min(sizeClass(bytes), maxBufferSize - maxBufferSize % 16);
    let best = -1;
    this.#free.forEach((buffer, index) => {
      const fits = buffer.size >= size && buffer.size <= 2 * size;
      if (fits && (best < 0 || buffer.size < this.#free[best].size)) best = index;
    });
    if (best >= 0) return this.#free.splice(best, 1)[0];
    const buffer = this.device.createBuffer({ size, usage: this.usage, label: this.label });
    this.#all.add(buffer);
    return buffer;
  }

  /** Gives a buffer back; programs that already bind it may go on using it in submission order. */
  give(buffer: GPUBuffer): void {
    this.#free.push(buffer);
  }

  /** Destroys every buffer. */
  dispose(): void {
    for (const buffer of this.#all) buffer.destroy();
    this.#all.clear();
    this.#free.length = 0;
  }
}
