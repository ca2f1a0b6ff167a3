/** Refrain's training step, read once for all the steps of a sample, as a training run does. */
import { openWebGpu } from "../../kernels/mod.ts";
import { CausalLM } from "../../src/train/causal_lm.ts";
import { Trainer, type TrainerOptions } from "../../src/train/trainer.ts";
import type { Learner, TrainTask } from "./task.ts";

/** Most steps of a sample. */
const MOST_STEPS = 64;

/** Opens the adapter and copies the weights to it. */
export async function start(
  { config, weights, B, T, optimizer: { rate, ...moments }, batch }: TrainTask,
): Promise<Learner> {
  const device = await openWebGpu();
  const options: TrainerOptions = {
    optimizer: { ...moments, decay: 0, clip: 0, ema: 0 },
    accumulate: 1,
    logEvery: MOST_STEPS,
    remat: "none",
    biasRate: 0,
  };
  const trainer = new Trainer(device, new CausalLM(device, config, { rows: B * T }), options, weights);
  let step = 0;
  return {
    name: "refrain",
    learn: async (steps) => {
      for (const last = step + steps - 1; step < last; step++) trainer.start(step, [batch(step)], rate);
      const { lines } = await trainer.read(step, [batch(step)], rate);
      step++;
      return lines[steps - 1].losses.lm;
    },
  };
}
