import * as refrain from "@refrain/transformers";
import { results } from "./results.js";

const models = new URL("models", document.baseURI).href;

function worker() {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => data.error ? reject(new Error(data.error)) : resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage([models, "webgpu"]);
  });
}

globalThis.app = {
  page: () => results(models, "webgpu"),
  relative: () => results("models", "webgpu"),
  worker,
  exported: () => Object.keys(refrain),
};
