import { results } from "./results.js";

addEventListener("message", async ({ data: [models, device] }) => {
  postMessage(await results(models, device).catch((error) => ({ error: error.message })));
});
