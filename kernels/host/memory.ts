/**
 * All buffers of a device by their use, and the buffers of the current call.
 *
 * @module
 */
import { BufferPool } from "./buffers.ts";
import { BUFFER_USAGE } from "./gpu_flags.ts";
import { Headroom } from "./headroom.ts";

/** Account of the buffers that a call created. */
export interface Asked {
  /** Bytes, including those of a failed buffer. */
  bytes: number;
  /** Number of buffers. */
  count: number;
  /** The created buffers; the GPU may report a failed one later. */
  readonly buffers: GPUBuffer[];
}

/** Starts with an empty account. */
export function newAccount(): Asked {
  return { bytes: 0, count: 0, buffers: [] };
}

/** Buffers of a device; a failed call leaves none. */
export class Memory {
  /** Buffers of intermediate tensors, shared by programs. */
  readonly tensors: BufferPool;
  /** Buffers of tensors made by `from`, which no program may overwrite. */
  readonly stored: BufferPool;
  /** Buffers of run-time sizes. */
  readonly uniforms: BufferPool;
  /** Staging buffers of results. */
  readonly staging: BufferPool;
  /** Check of free memory. */
  readonly headroom: Headroom;
  /** Version that increases whenever buffers are destroyed, as programs that bind them must be planned again. */
  generation = 0;
  #asked = newAccount();
  readonly #reasons = new WeakMap<GPUBuffer, string>();

  /** Empty pools over a device. */
  constructor(readonly device: GPUDevice) {
    const { STORAGE, COPY_SRC, COPY_DST, UNIFORM, MAP_READ } = BUFFER_USAGE;
    const pool = (usage: number, label: string) =>
      new BufferPool(device, usage, label, (descriptor) => this.#make(descriptor));
    this.tensors = pool(STORAGE | COPY_SRC | COPY_DST, "tensor");
    this.stored = pool(STORAGE | COPY_SRC | COPY_DST, "stored");
    this.uniforms = pool(UNIFORM | COPY_DST, "sizes");
    this.staging = pool(MAP_READ | COPY_DST, "staging");
    this.headroom = new Headroom(device);
  }

  get #pools(): BufferPool[] {
    return [this.tensors, this.stored, this.uniforms, this.staging];
  }

  #make(descriptor: GPUBufferDescriptor): GPUBuffer {
    this.#asked.bytes += descriptor.size;
    this.#asked.count++;
    const buffer = this.headroom.make(descriptor);
    this.#asked.buffers.push(buffer);
    return buffer;
  }

  /** Bytes of all buffers. */
  get bytes(): number {
    return this.#pools.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Runs a part of a call with its own account; parts may be nested. */
  account<R>(asked: Asked, part: () => R): R {
    const outer = this.#asked;
    this.#asked = asked;
    try {
      return part();
    } finally {
      this.#asked = outer;
    }
  }

  /** Whether all given buffers exist. */
  holds(buffers: Iterable<GPUBuffer>): boolean {
    const pools = this.#pools;
    for (const buffer of buffers) if (!pools.some((pool) => pool.has(buffer))) return false;
    return true;
  }

  /** Destroys the buffers of a call that failed, for a reason: a shortage unless given. Returns the reason. */
  discard({ buffers, bytes, count }: Asked, reason?: string): string {
    for (const buffer of buffers) for (const pool of this.#pools) pool.drop(buffer);
    this.generation++;
    const [asked, used] = [bytes, this.bytes].map((number) => number.toLocaleString("en"));
    const what = count === 0
      ? "memory for a copy"
      : `${asked} bytes for ${count} ${count === 1 ? "buffer" : "buffers"}`;
    const why = reason ?? `${what} could not be allocated (${used} bytes are in use)`;
    for (const buffer of buffers) this.#reasons.set(buffer, why);
    return why;
  }

  /** The reason why one of the buffers was discarded; undefined if none was. */
  reasonOf(buffers: Iterable<GPUBuffer>): string | undefined {
    for (const buffer of buffers) if (this.#reasons.has(buffer)) return this.#reasons.get(buffer);
  }

  /** Destroys unused buffers before an allocation of `wanted` bytes. */
  trim(wanted = 0): void {
    for (const pool of this.#pools) pool.trim();
    this.generation++;
    this.headroom.reclaim(wanted);
  }

  /** Destroys everything. */
  dispose(): void {
    for (const pool of this.#pools) pool.dispose();
    this.generation++;
  }
}
