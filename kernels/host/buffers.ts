/**
 * Pools of buffers that are reused by tensors, and destroyed with the device or in a shortage of memory.
 *
 * @module
 */

/** Rounds a size up to a quarter of its power of two, so that near sizes share buffers. */
export function sizeClass(bytes: number): number {
  const step = Math.max(16, 2 ** Math.floor(Math.log2(Math.max(bytes, 1))) / 4);
  return Math.ceil(Math.max(bytes, 16) / step) * step;
}

/** Creates a buffer for a pool; may throw. */
export type MakeBuffer = (descriptor: GPUBufferDescriptor) => GPUBuffer;

/** A pool of buffers of one usage. */
export class BufferPool {
  readonly #sizes = new Map<GPUBuffer, number>();
  #free: GPUBuffer[] = [];

  /** Makes an empty pool over a device; `make` replaces the device's `createBuffer`. */
  constructor(
    readonly device: GPUDevice,
    readonly usage: GPUBufferUsageFlags,
    readonly label: string,
    readonly make: MakeBuffer = (descriptor) => device.createBuffer(descriptor),
  ) {}

  /** Bytes of all buffers, taken or free. */
  get bytes(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  /** Whether a buffer belongs to the pool. */
  has(buffer: GPUBuffer): boolean {
    return this.#sizes.has(buffer);
  }

  /** Takes the smallest free buffer that holds `bytes` without wasting half of it, or makes one. */
  take(bytes: number): GPUBuffer {
    const { maxBufferSize } = this.device.limits;
    const size = bytes > maxBufferSize ? bytes : Math.min(sizeClass(bytes), maxBufferSize - maxBufferSize % 16);
    const sizes = this.#free.map((buffer) => this.#sizes.get(buffer)!);
    let best = -1;
    sizes.forEach((free, index) => {
      const fits = free >= size && free <= 2 * size;
      if (fits && (best < 0 || free < sizes[best])) best = index;
    });
    if (best >= 0) return this.#free.splice(best, 1)[0];
    const buffer = this.make({ size, usage: this.usage, label: this.label });
    this.#sizes.set(buffer, size);
    return buffer;
  }

  /** Returns a buffer to the pool; programs that bind it may keep using it in submission order. */
  give(buffer: GPUBuffer): void {
    if (this.#sizes.has(buffer) && !this.#free.includes(buffer)) this.#free.push(buffer);
  }

  /** Destroys a buffer of the pool, taken or free. */
  drop(buffer: GPUBuffer): void {
    if (!this.#sizes.delete(buffer)) return;
    this.#free = this.#free.filter((other) => other !== buffer);
    buffer.destroy();
  }

  /** Destroys every free buffer. */
  trim(): void {
    for (const buffer of this.#free.splice(0)) this.drop(buffer);
  }

  /** Destroys every buffer. */
  dispose(): void {
    for (const buffer of [...this.#sizes.keys()]) this.drop(buffer);
  }
}
