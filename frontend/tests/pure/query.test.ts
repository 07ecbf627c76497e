import { expect, test } from "vitest";

import { formatQuery, parseQuery } from "@/pure/query";

test("operators, phrases and exclusion", () => {
  expect(parseQuery('from:anna "project plan" -draft has:attachment')).toEqual([
    { field: "from", value: "anna", negated: false },
    { field: "text", value: "project plan", negated: false },
    { field: "text", value: "draft", negated: true },
    { field: "has", value: "attachment", negated: false },
  ]);
});

test("Chinese names and full-width signs mean the same", () => {
  expect(formatQuery(parseQuery("发件人：王小明 主题：“周 报” 状态：未读"))).toBe(
    'from:王小明 subject:"周 报" is:unread',
  );
});

test("an unknown operator and an address of the web are words", () => {
  expect(parseQuery("http://example.test foo:bar").map((term) => term.field)).toEqual(["text", "text"]);
});

test("OR stands between terms", () => {
  expect(parseQuery("a OR b").map((term) => term.field)).toEqual(["text", "or", "text"]);
});

test.each(['from:"Anna B" x', "-in:Junk is:starred", "a OR b", "larger:5M before:2026-01-01"])(
  "%s comes back the same",
  (text) => {
    expect(formatQuery(parseQuery(text))).toBe(text);
  },
);

test("an unclosed quote is closed at the end", () => {
  expect(parseQuery('subject:"open end')).toEqual([{ field: "subject", value: "open end", negated: false }]);
});
