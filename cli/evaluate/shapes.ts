/**
 * Forms of documents: requests of lm-evaluation-harness, and the lines of ARC, HellaSwag and LAMBADA, from which the same
 * requests are made as by its tasks `arc_easy`, `hellaswag` and `lambada_openai`.
 */
import { FieldError } from "../../src/model/config/fields.ts";
import { show } from "../../src/common/words.ts";
import type { Item, Kind } from "./items.ts";

type Doc = Readonly<Record<string, unknown>>;

/** A document's requests. */
export type Requests = { readonly kind: Kind } & Pick<Item, "pairs" | "gold">;

/** Names of forms. */
export const SHAPES = ["requests", "arc", "hellaswag", "lambada", "documents"] as const;

/** A form of documents. */
export type Shape = typeof SHAPES[number];

/** A text of a document, never empty. */
function textOf(doc: Doc, key: string): string {
  const value = doc[key];
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new FieldError(`${key} is ${show(value)}, expected a text`, key);
}

/** A list of at least `least` texts. */
function textsOf(value: unknown, key: string, least: number): string[] {
  if (Array.isArray(value) && value.length >= least && value.every((one) => typeof one === "string" && one !== "")) {
    return value;
  }
  throw new FieldError(`${key} is ${show(value)}, expected a list of at least ${least} texts, none empty`, key);
}

/** An index below `count`, as a number or in digits. */
function indexOf(value: unknown, key: string, count: number): number {
  const index = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (Number.isInteger(index) && index as number >= 0 && index as number < count) return index as number;
  throw new FieldError(`${key} is ${show(value)}, expected a whole number from 0 to ${count - 1}`, key);
}

/** Multiple choice of continuations after a blank. */
function choices(context: string, texts: readonly string[], gold: number): Requests {
  return { kind: "multiple_choice", pairs: texts.map((text) => [context, ` ${text}`]), gold };
}

/** `{question, choices: {text, label}, answerKey}`, or AI2's `{question: {stem, choices: [{text, label}]}, answerKey}`. */
function arc(doc: Doc): Requests {
  const inner = typeof doc.question === "object" && doc.question !== null ? doc.question as Doc : undefined;
  const question = textOf(inner ?? doc, inner ? "stem" : "question");
  const list = (inner ?? doc).choices, rows = Array.isArray(list) ? list as Doc[] : undefined;
  const of = (key: string) => rows ? rows.map((one) => Object(one)[key]) : Object(list)[key];
  const texts = textsOf(of("text"), "choices.text", 2), labels = textsOf(of("label"), "choices.label", 2);
  const gold = labels.indexOf(String(doc.answerKey));
  if (gold >= 0 && labels.length === texts.length) return choices(`Question: ${question}\nAnswer:`, texts, gold);
  throw new FieldError(`answerKey is ${show(doc.answerKey)}, expected one of ${labels.join(", ")}`, "answerKey");
}

/** Text of HellaSwag without the marks of WikiHow (lm-evaluation-harness, hellaswag/utils.py). */
function withoutMarks(text: string): string {
  return text.trim().replaceAll(" [title]", ". ").replace(/\[.*?\]/g, "").replaceAll("  ", " ");
}

const capitalized = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase();

/** `{activity_label, ctx_a, ctx_b, endings, label}`; `ctx` alone where there are no parts. */
function hellaswag(doc: Doc): Requests {
  const context = typeof doc.ctx_a === "string" && typeof doc.ctx_b === "string"
    ? `${doc.ctx_a} ${capitalized(doc.ctx_b)}`
    : textOf(doc, "ctx");
  const query = doc.activity_label === undefined ? context : `${textOf(doc, "activity_label")}: ${context}`;
  const endings = textsOf(doc.endings, "endings", 2).map(withoutMarks);
  return choices(withoutMarks(query), endings, indexOf(doc.label, "label", endings.length));
}

/** A LAMBADA document `{text}`: a request to predict its last word. */
function lambada(doc: Doc): Requests {
  const text = textOf(doc, "text").trimEnd(), at = text.lastIndexOf(" ");
  if (at <= 0) throw new FieldError(`text is ${show(text)}, expected at least two words`, "text");
  return { kind: "loglikelihood", pairs: [[text.slice(0, at), text.slice(at)]] };
}

/** `{text}`, of which every token is scored. */
function documents(doc: Doc): Requests {
  return { kind: "loglikelihood_rolling", pairs: [["", textOf(doc, "text")]] };
}

/** Arguments of a request: a list, or the object `{arg_0, arg_1}` of logged samples. */
function argumentsOf(given: unknown, key: string): string[] {
  const values = typeof given === "object" && given !== null ? Object.values(given) : [given];
  const texts = values.filter((value) => typeof value === "string");
  if (texts.length === values.length && (texts.length === 1 || texts.length === 2)) return texts;
  throw new FieldError(`${key} is ${show(given)}, expected a context and a continuation, or one text`, key);
}

/**
 * `{arguments: [[context, continuation], …] | {gen_args_0: {arg_0, arg_1}, …}, target}` of a document, or `{arguments:
 * [context, continuation]}` of a single request.
 */
function requests(doc: Doc): Requests {
  const flat = Array.isArray(doc.arguments) && doc.arguments.length > 0 &&
    doc.arguments.every((one) => typeof one === "string");
  const given = flat ? [doc.arguments] : doc.arguments,
    list = typeof given === "object" && given !== null ? Object.values(given) : [];
  if (list.length === 0) throw new FieldError(`arguments is ${show(given)}, expected a list of requests`, "arguments");
  const all = list.map((one, i) => argumentsOf(one, `arguments[${i}]`));
  const rolling = all.every((one) => one.length === 1);
  const pairs = all.map((one): [string, string] => rolling ? ["", one[0]] : [one[0], one[1] ?? ""]);
  const empty = pairs.findIndex(([, continuation]) => continuation === "");
  if (empty >= 0) throw new FieldError(`arguments[${empty}] has an empty continuation`, "arguments");
  if (rolling) return { kind: "loglikelihood_rolling", pairs: pairs.slice(0, 1) };
  if (pairs.length === 1) return { kind: "loglikelihood", pairs };
  return { kind: "multiple_choice", pairs, gold: indexOf(doc.target, "target", pairs.length) };
}

const READERS: Readonly<Record<Shape, (doc: Doc) => Requests>> = { requests, arc, hellaswag, lambada, documents };

/** The form of a document, by its keys. Throws for a document of none. */
export function shapeOf(doc: Doc): Shape {
  if ("arguments" in doc) return "requests";
  if ("endings" in doc) return "hellaswag";
  if ("choices" in doc || typeof doc.question === "object") return "arc";
  if ("text" in doc) return "lambada";
  throw new FieldError(`keys are ${show(Object.keys(doc))}, expected those of ${SHAPES.join(", ")}`);
}

/** Requests of a document of a form. Throws a FieldError with the key and its value. */
export function requestsOf(doc: Doc, shape: Shape): Requests {
  return READERS[shape](doc);
}
