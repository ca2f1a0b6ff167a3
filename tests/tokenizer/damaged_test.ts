/** A damaged model or added token is one error that names file, key and value. */
import type { Json } from "../../src/model/config/fields.ts";
import { refused } from "./refused.ts";
import { added } from "./support.ts";

Deno.test("models: types, ids and merges", () => {
  const level = "byte-level",
    vocab = { a: 0, b: 1, ab: 2 },
    merges = [["a", "b"]],
    none = { added_tokens: [], post_processor: null };
  refused(level, "model is missing", { model: undefined });
  refused(level, "model is null, expected an object", { model: null });
  refused(level, 'model.type is "Bpe", expected one of BPE, WordPiece, Unigram, WordLevel', {}, { type: "Bpe" });
  refused(level, "model.vocab is an array of 0, expected an object", {}, { vocab: [] });
  refused(level, "model.vocab is missing", {}, { vocab: undefined });
  for (const id of [-1, 1.5, "1", null, 2 ** 26]) {
    const value = typeof id === "string" ? '"1"' : id;
    refused(level, `model.vocab.b is ${value}, expected a whole number from 0 to 67108863`, none, {
      vocab: { a: 0, b: id },
      merges: [],
    });
  }
  refused(level, 'model.vocab["a b"] is 0, which is the id of "a", too', none, {
    vocab: { a: 0, "a b": 0 },
    merges: [],
  });
  refused(level, 'model.merges[1] needs the token "x", which is not in the vocabulary', none, {
    vocab,
    merges: [...merges, ["a", "x"]],
  });
  refused(level, 'model.merges[0] needs the token "ba", which is not in the vocabulary', none, {
    vocab,
    merges: ["b a"],
  });
  refused(level, 'model.merges[0] is "a b c", expected two tokens', none, { vocab, merges: ["a b c"] });
  refused(level, "model.merges[0] is 7, expected two tokens", none, { vocab, merges: [7] });
  refused(level, "model.merges is an object, expected a list", none, { vocab, merges: {} });
  refused(level, "model.dropout is 0.1, only 0 and null are supported", {}, { dropout: 0.1 });
  refused(level, "model.byte_fallback is 1, expected true or false", {}, { byte_fallback: 1 });
  refused(level, "model.merge is unknown, the nearest known key is merges", {}, { merge: [] });
  refused("unigram", "model.unk_id is 99, expected a whole number from 0 to 15", {}, { unk_id: 99 });
  refused("unigram", "model.vocab is empty", none, { vocab: [] });
  refused("unigram", "model.vocab[1] is an array of 1, expected a token and its score", none, {
    vocab: [["<unk>", 0], ["a"]],
  });
  refused("unigram", "model.vocab[1] is an array of 2, expected a token and its score", none, {
    vocab: [["<unk>", 0], ["a", null]],
  });
  refused("unigram", 'model.vocab[2] is "a", which is [1], too', none, { vocab: [["<unk>", 0], ["a", 0], ["a", 0]] });
  const long: Json = { vocab: [["<unk>", 0], ["a".repeat(1001), 0]] };
  refused("unigram", "model.vocab[1] has 1001 characters, at most 1000 are supported", none, long);
  refused("word piece", 'model.unk_token is "[UNKNOWN]", which is not in the vocabulary', {}, {
    unk_token: "[UNKNOWN]",
  });
});

Deno.test("added tokens: repeated ids and texts are refused", () => {
  const tokens = (...tokens: Json[]) => ({ added_tokens: tokens, post_processor: null });
  refused("byte-level", "added_tokens is an object, expected a list", { added_tokens: {} });
  refused(
    "byte-level",
    "added_tokens[0].id is -1, expected a whole number from 0 to 67108863",
    tokens(added(-1, "<x>")),
  );
  refused("byte-level", 'added_tokens[0].id is 300, and model.vocab has "a" as 66', tokens(added(300, "a")));
  refused("byte-level", 'added_tokens[0].id is 66, which is the id of "a", too', tokens(added(66, "<x>")));
  refused(
    "byte-level",
    'added_tokens[1].id is 300, which is the id of "<x>", too',
    tokens(added(300, "<x>"), added(300, "<y>")),
  );
  refused(
    "byte-level",
    'added_tokens[1].content is "<x>", which has the id 300 already',
    tokens(added(300, "<x>"), added(301, "<x>")),
  );
  refused("byte-level", "added_tokens[0].content is empty", tokens(added(300, "")));
  refused(
    "byte-level",
    "added_tokens[0].lstrip is 1, expected true or false",
    tokens(added(300, "<x>", { lstrip: 1 })),
  );
});
