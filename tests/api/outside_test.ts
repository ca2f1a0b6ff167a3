/** Loading, generating, filling, merging, saving and closing, as a program outside of the repository does it. */
import { assertEquals } from "@std/assert";
import { saveStoryDecoder, saveStoryEncoder } from "../support/stories.ts";

const bytes = async (path: string) => [...await Deno.readFile(path)].join();
const json = async (path: string) => JSON.parse(await Deno.readTextFile(path));

for (const [kind, save] of [["decoder", saveStoryDecoder], ["encoder", saveStoryEncoder]] as const) {
  Deno.test(`a program outside: ${kind}s are saved and loaded bit for bit, and merging keeps their kind`, async () => {
    const out = await Deno.makeTempDir(), folder = `${out}/given`;
    await save(folder);
    await Deno.remove(`${folder}/held_out.txt`).catch(() => {}); // is no part of a checkpoint
    const config = { ...await json(`${folder}/config.json`), task_specific_params: { note: [1] } };
    await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
    const program = `${out}/outside.ts`;
    await Deno.copyFile(new URL("outside.ts", import.meta.url), program);
    const mod = new URL("../../mod.ts", import.meta.url).href;
    const args = ["run", "-A", "--no-config", "--no-check", program, mod, folder, out];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: out }).output();
    const text = (part: Uint8Array) => new TextDecoder().decode(part);
    assertEquals(text(stderr), "");
    const closed = "Cannot run the model: the model was disposed";
    assertEquals(JSON.parse(text(stdout)), { kind, same: [true, true, true], closed });
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
    assertEquals(Array.from(Deno.readDirSync(`${out}/saved`), ({ name }) => name).sort(), names);
    for (const name of names.filter((name) => name !== "config.json")) {
      assertEquals(await bytes(`${out}/saved/${name}`) === await bytes(`${folder}/${name}`), true, name);
    }
    const written = await json(`${out}/saved/config.json`);
    const given = Object.entries(config).filter(([, value]) => value !== null); // the tokenizer gives absent ids
    for (const [key, value] of given) assertEquals(written[key], value, key);
    await Deno.remove(out, { recursive: true });
  });
}
