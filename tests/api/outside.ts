/** A user's program: run by `outside_test.ts` from a folder outside the repository, with nothing but mod.ts. */
import type { Decoder as AnyDecoder, Encoder as AnyEncoder } from "../../mod.ts"; // types are not there when it runs

const [mod, folder, out] = Deno.args;
const { Decoder, Encoder, loadModel } = await import(mod) as typeof import("../../mod.ts");

/** Every output that the kind of model has for the same inputs. */
async function outputs(model: AnyDecoder | AnyEncoder): Promise<unknown> {
  const { hidden } = await model.forward([[1, 5, 9, 2]]);
  if (model instanceof Encoder) {
    const { data } = await model.encode(["The otter."], { normalize: true });
    return { hidden: [...hidden.data], vector: [...data], filled: await model.fill("The [MASK].") };
  }
  const pieces = [];
  for await (const piece of model.generate("The otter", { maxNewTokens: 5, seed: 3 })) pieces.push(piece);
  return { hidden: [...hidden.data], pieces };
}

const first = await loadModel(folder, { device: "reference" });
const merged = await first.merge();
await first.save(`${out}/saved`);
await merged.save(`${out}/merged`);
const before = [await outputs(first), await outputs(merged)];
await first.close();
await first.close();
before.push(await outputs(merged)); // merged models outlive the model that they come from
await merged.close();
const after: unknown[] = [];
for (const name of ["saved", "merged", "merged"]) {
  await using again = await loadModel(`${out}/${name}`, { device: "reference" });
  after.push(await outputs(again));
}
const closed = await merged.forward([[1]]).then(() => "runs", ({ message }) => message);
const same = before.map((one, i) => JSON.stringify(one) === JSON.stringify(after[i]));
console.log(JSON.stringify({ kind: first instanceof Decoder ? "decoder" : "encoder", same, closed }));
