/** jax-js on WebGPU: lazy, so that every result has to be asked for; `.ref` keeps an array that is used again. */
import { type Peer, transposed } from "./peer.ts";

const VERSION = "0.1.25";

interface Jax {
  init(device: "webgpu"): Promise<string[]>;
  defaultDevice(device: "webgpu"): void;
  blockUntilReady(arrays: JaxArray[]): Promise<unknown>;
  numpy: {
    array(data: Float32Array, options: { shape: number[] }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
  };
}

interface JaxArray {
  ref: JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** Loads the library. */
export async function load(): Promise<Peer> {
  const jax = await import(`npm:@jax-js/jax@${VERSION}`) as unknown as Jax;
  if (!(await jax.init("webgpu")).includes("webgpu")) throw new Error("its WebGPU backend does not start");
  jax.defaultDevice("webgpu");
  return {
    name: `jax-js webgpu ${VERSION}`,
    product: (size, x, w) => {
      const a = jax.numpy.array(x, { shape: [size, size] });
      const b = jax.numpy.array(transposed(w, size), { shape: [size, size] });
      return Promise.resolve(async (repeats) => {
        const results = Array.from({ length: repeats }, () => jax.numpy.matmul(a.ref, b.ref));
        await jax.blockUntilReady(results.map(({ ref }) => ref));
        const values = await results[repeats - 1].ref.data();
        for (const result of results) result.dispose();
        return values;
      });
    },
  };
}
