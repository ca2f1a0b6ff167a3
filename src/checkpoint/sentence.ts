// Reads the modules of a sentence-transformers folder: transformer, pooling, projections, normalisation.
import type { Pooling } from "../op/kinds.ts";
import { Fields, type Json } from "../model/config/fields.ts";
import type { SentenceConfig, VectorStep } from "../model/config/sentence.ts";
import { readJson, readJsonList } from "./json.ts";
import { describe } from "./messages.ts";
import { readDense } from "./sentence_dense.ts";
import { readTextSettings, TEXT_FILES } from "./sentence_text.ts";
import type { Source } from "./source.ts";

/** File name of the list of modules. */
export const MODULES = "modules.json";

/** Class names of the supported modules, in both generations of the format. */
const TYPE =
  /^sentence_transformers\.(?:models|base\.modules|sentence_transformer\.modules)\.(?:[a-z_]+\.)*([A-Za-z]+)$/;
const KNOWN = ["Transformer", "Pooling", "Dense", "Normalize"];

/** Poolings by their names in the newer generation, in the order of the older one, with its keys. */
const MODES: readonly (readonly [mode: string, kind: Pooling, key: string])[] = [
  ["cls", "first", "pooling_mode_cls_token"],
  ["max", "max", "pooling_mode_max_tokens"],
  ["mean", "mean", "pooling_mode_mean_tokens"],
  ["mean_sqrt_len_tokens", "mean_sqrt_len", "pooling_mode_mean_sqrt_len_tokens"],
  ["weightedmean", "weighted_mean", "pooling_mode_weightedmean_tokens"],
  ["lasttoken", "last", "pooling_mode_lasttoken"],
];

/** An entry of the list of modules. */
export interface Module {
  /** Its class. */
  readonly type: string;
  /** Its folder; empty for the root. */
  readonly path: string;
}

/**
 * Reads the modules of a sentence-transformers folder; undefined without `modules.json` and `1_Pooling`.
 *
 * @throws naming file, key and value for unsupported modules, poolings and settings
 *
 * ```ts
 * import { openSource } from "./open_source.ts";
 * await readSentence(openSource({}), { D: 8, maxPositions: 16 }); // undefined
 * ```
 */
export async function readSentence(
  source: Source,
  { D, maxPositions }: { readonly D: number; readonly maxPositions: number },
): Promise<SentenceConfig | undefined> {
  const modules = await readModules(source);
  if (!modules) return undefined;
  const [transformer, pooling, ...rest] = modules;
  const order = modules.slice(0, 2).map(({ type }) => type).join(", ") || "nothing";
  if (order !== "Transformer, Pooling") {
    throw new Error(`Cannot ${action(source)}: ${MODULES} begins with ${order}, expected Transformer, Pooling`);
  }
  if (transformer.path !== "") {
    throw new Error(`Cannot ${action(source)}: the Transformer is in ${transformer.path}, expected the folder itself`);
  }
  const text = await readTextSettings(source, maxPositions);
  const poolings = await readPoolings(source, pooling, D, text.prompt);
  let width = poolings.length * D;
  const steps: VectorStep[] = [];
  for (const module of rest) {
    const step = await readStep(source, module, width);
    if (step !== "normalize") width = step.weight.shape[0];
    steps.push(step);
  }
  return { ...text, poolings, steps };
}

/** Action of error messages. */
const action = ({ name }: Source) => `read the modules of ${name}`;

/** Usual folders of modules, for checkpoints without a list. */
const USUAL = [["Dense", "2_Dense"], ["Normalize", "2_Normalize"], ["Normalize", "3_Normalize"]] as const;

async function usualModules(source: Source): Promise<Module[] | undefined> {
  const has = (path: string) => source.has(`${path}/config.json`);
  if (!await has("1_Pooling")) return undefined;
  const there = await Promise.all(USUAL.map(([, path]) => has(path)));
  const rest = USUAL.filter((_, i) => there[i]).map(([type, path]) => ({ type, path }));
  return [{ type: "Transformer", path: "" }, { type: "Pooling", path: "1_Pooling" }, ...rest];
}

/** The modules in order; undefined without modules. */
async function readModules(source: Source): Promise<Module[] | undefined> {
  if (!await source.has(MODULES)) return await usualModules(source);
  return (await readJsonList(source, MODULES)).map((entry, i) => {
    const fields = new Fields(entry as Json, `${MODULES}[${i}]`, action(source));
    const type = fields.text("type") ?? "";
    const found = TYPE.exec(type)?.[1] ?? "";
    fields.check(KNOWN.includes(found), () => {
      return `${MODULES}[${i}].type is ${describe(type)}, expected one of sentence_transformers' ${KNOWN.join(", ")}`;
    }, "type");
    const path = fields.value("path") ?? "";
    fields.check(typeof path === "string", () => `${MODULES}[${i}].path is ${describe(path)}, expected a text`, "path");
    for (const key of ["idx", "name"]) fields.value(key);
    const kwargs = fields.value("kwargs");
    fields.check(!kwargs || (kwargs as []).length === 0, () => `${MODULES}[${i}].kwargs are not supported`, "kwargs");
    fields.noOthers();
    return { type: found, path: (path as string).replace(/\/$/, "") };
  });
}

/** Files of a sentence-transformers folder beside those of its transformer; none of another folder. */
export async function sentenceFiles(source: Source): Promise<string[]> {
  const modules = await readModules(source);
  if (!modules) return [];
  const folders = modules.map(({ path }) => path).filter((path) => path !== "");
  return [MODULES, ...TEXT_FILES, ...folders.flatMap((path) => [`${path}/config.json`, `${path}/model.safetensors`])];
}

async function readPoolings(source: Source, { path }: Module, D: number, prompt: string): Promise<Pooling[]> {
  const file = `${path}/config.json`;
  const fields = new Fields(await readJson(source, file), file, action(source));
  for (const key of ["embedding_dimension", "word_embedding_dimension"]) {
    const width = fields.count(key, D);
    fields.check(width === D, () => `${file}.${key} is ${width}, the hidden states have ${D} numbers`, key);
  }
  const legacy = MODES.filter(([, , key]) => fields.flag(key, false)).map(([mode]) => mode);
  const given = fields.value("pooling_mode");
  const none = given === undefined && legacy.length === 0 && fields.has("pooling_mode_mean_tokens");
  fields.check(!none, () => `${file}.pooling_mode_mean_tokens is false, and no other pooling_mode_… is true`);
  const modes = (given === undefined ? (legacy.length > 0 ? legacy : ["mean"]) : [given].flat()) as string[];
  const both = given !== undefined && legacy.length > 0 && modes.toSorted().join() !== legacy.toSorted().join();
  fields.check(
    !both,
    () => `${file}.pooling_mode is ${modes.join(", ")}, but its pooling_mode_… say ${legacy.join(", ")}`,
  );
  fields.check(modes.length > 0, () => `${file}.pooling_mode is empty`);
  const kinds = modes.map((mode) => {
    const found = MODES.find(([name]) => name === mode);
    const names = MODES.map(([name]) => name).join(", ");
    fields.check(found !== undefined, () => `${file}.pooling_mode is ${describe(mode)}, expected one of ${names}`);
    return found![1];
  });
  const included = fields.flag("include_prompt", true);
  fields.check(included || prompt === "", () => {
    return `${file}.include_prompt is false with the default prompt ${describe(prompt)}, only true is supported`;
  });
  fields.noOthers();
  return kinds;
}

async function readStep(source: Source, { type, path }: Module, width: number): Promise<VectorStep> {
  if (type === "Dense") return await readDense(source, path, width);
  if (type !== "Normalize") {
    throw new Error(
      `Cannot ${action(source)}: ${MODULES} has a second ${type}, expected Dense or Normalize after Pooling`,
    );
  }
  const file = `${path}/config.json`;
  if (path !== "" && await source.has(file)) {
    const fields = new Fields(await readJson(source, file), file, action(source));
    for (const key of ["module_input_name", "module_output_name"]) fields.only(key, "sentence_embedding");
    fields.noOthers();
  }
  return "normalize";
}
