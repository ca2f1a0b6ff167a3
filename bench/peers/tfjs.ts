/** TensorFlow.js on WebGPU. */
import { type Peer, transposed } from "./peer.ts";

const VERSION = "4.22.0";

interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor2d(data: Float32Array, shape: readonly number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
}

interface TfTensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** Loads the library. */
export async function load(): Promise<Peer> {
  const tf = await import(`npm:@tensorflow/tfjs-core@${VERSION}`) as unknown as Tfjs;
  await import(`npm:@tensorflow/tfjs-backend-webgpu@${VERSION}`);
  if (!await tf.setBackend("webgpu")) throw new Error("its WebGPU backend does not start");
  await tf.ready();
  return {
    name: `tfjs-webgpu ${VERSION}`,
    product: (size, x, w) => {
      const a = tf.tensor2d(x, [size, size]);
      const b = tf.tensor2d(transposed(w, size), [size, size]);
      return Promise.resolve(async (repeats) => {
        for (let repeat = 1; repeat < repeats; repeat++) tf.matMul(a, b).dispose();
        const result = tf.matMul(a, b);
        const values = await result.data();
        result.dispose();
        return values;
      });
    },
  };
}
