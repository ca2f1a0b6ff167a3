/**
 * All buffers of a device by their use, and the buffers of the current call.
 *
 * @module
 */
import { BufferPool } from "./buffers.ts";
import { Headroom } from "./headroom.ts";

/** What a call asked for beyond the buffers that were there. */
export interface Asked {
  /** Bytes, also of a buffer that could not be made. */
  bytes: number;
  /** How many buffers. */
  count: number;
  /** Those that were made; the GPU may tell later that one was not. */
  readonly buffers: GPUBuffer[];
}

/** An account of nothing yet. */
export function newAccount(): Asked {
  return { bytes: 0, count: 0, buffers: [] };
}

/** Buffers of a device; a call that fails leaves none of its own. */
export class Memory {
  /** Buffers of intermediate tensors: programs share them, and overwrite what others left. */
  readonly tensors: BufferPool;
  /** Buffers of tensors made by `from`, which no program may overwrite. */
  readonly stored: BufferPool;
  /** Buffers of run-time sizes. */
  readonly uniforms: BufferPool;
  /** Buffers that results are copied to. */
  readonly staging: BufferPool;
  /** What must be left free. */
  readonly headroom: Headroom;
  /** Grows whenever buffers are destroyed: programs that bind them have to be planned again. */
  generation = 0;
  #asked = newAccount();
  readonly #reasons = new WeakMap<GPUBuffer, string>();

  /** Empty pools over a device. */
  constructor(readonly device: GPUDevice) {
    const { STORAGE, COPY_SRC, COPY_DST, UNIFORM, MAP_READ } = GPUBufferUsage;
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

  /** Runs a part of a call with an account of its own; parts may lie in others. */
  account<R>(asked: Asked, part: () => R): R {
    const outer = this.#asked;
    this.#asked = asked;
    try {
      return part();
    } finally {
      this.#asked = outer;
    }
  }

  /** Whether all of some buffers are there. */
  holds(buffers: Iterable<GPUBuffer>): boolean {
    const pools = this.#pools;
    return Iterator.from(buffers).every((buffer) => pools.some((pool) => pool.has(buffer)));
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

  /** Why one of some buffers was discarded; undefined where none was. */
  reasonOf(buffers: Iterable<GPUBuffer>): string | undefined {
    return Iterator.from(buffers).map((buffer) => this.#reasons.get(buffer)).find((reason) => reason !== undefined);
  }

  /** Destroys unused buffers; `wanted` bytes are to be allocated next. */
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
