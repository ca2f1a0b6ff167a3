/**
 * What a device is given to do: dispatches, and how long its passes take.
 *
 * @module
 */

/** Passes that are timed at most. */
const PASSES = 2048;

/** Watches all compute passes that are made on a device from now on. */
export class Meter {
  /** Dispatches so far. */
  dispatches = 0;
  #passes = 0;
  readonly #stamps?: GPUQuerySet;

  /** Wraps the pass creation of a device. */
  constructor(readonly device: GPUDevice) {
    if (device.features.has("timestamp-query")) {
      this.#stamps = device.createQuerySet({ type: "timestamp", count: 2 * PASSES });
    }
    const createCommandEncoder = device.createCommandEncoder.bind(device);
    device.createCommandEncoder = (...args) => {
      const encoder = createCommandEncoder(...args);
      const beginComputePass = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = (descriptor) => {
        const pass = beginComputePass({ ...descriptor, timestampWrites: this.#stamp() });
        const dispatchWorkgroups = pass.dispatchWorkgroups.bind(pass);
        pass.dispatchWorkgroups = (...groups) => {
          this.dispatches++;
          dispatchWorkgroups(...groups);
        };
        return pass;
      };
      return encoder;
    };
  }

  #stamp(): GPUComputePassTimestampWrites | undefined {
    const at = 2 * this.#passes++;
    if (!this.#stamps || at >= 2 * PASSES) return undefined;
    return { querySet: this.#stamps, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
  }

  /** Begins anew. */
  start(): void {
    this.dispatches = this.#passes = 0;
  }

  /** How many dispatches and passes there have been. */
  mark(): { dispatches: number; passes: number } {
    return { dispatches: this.dispatches, passes: this.#passes };
  }

  /** Milliseconds that the first `passes` passes took; NaN where that is not known. */
  async milliseconds(passes: number): Promise<number> {
    if (!this.#stamps || passes > PASSES || passes === 0) return NaN;
    const { device } = this, bytes = 16 * passes;
    const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    const resolved = device.createBuffer({ size: bytes, usage: QUERY_RESOLVE | COPY_SRC });
    const staging = device.createBuffer({ size: bytes, usage: COPY_DST | MAP_READ });
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(this.#stamps, 0, 2 * passes, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
    for (const buffer of [resolved, staging]) buffer.destroy();
    let nanoseconds = 0;
    for (let pass = 0; pass < passes; pass++) nanoseconds += Number(stamps[2 * pass + 1] - stamps[2 * pass]);
    return nanoseconds / 1e6;
  }
}
