import { results } from "./results.js";

const [models, device] = process.argv.slice(2);
const options = device === "webgpu" ? { gpu: (await import("webgpu")).create([]) } : undefined;
console.log(JSON.stringify(await results(models, device, options)));
process.exit(0);
