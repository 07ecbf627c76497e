import { expect, test } from "vitest";

import { shortDate } from "@/pure/dates";
import { linkSpans, quoteBlocks } from "@/pure/quoting";
import { bytes, parseBytes } from "@/pure/sizes";
import { bareSubject, forwardSubject, replySubject } from "@/pure/subjects";

test.each([
  ["Re: Plan", "Plan"],
  ["RE: re: AW: Plan", "Plan"],
  ["回复：答复: 转发： 计划", "计划"],
  ["Re[2]: Plan", "Plan"],
  ["Re: (3): x", "(3): x"],
  ["Fwd: Fw: FWD: Plan", "Plan"],
  ["Regarding: Plan", "Regarding: Plan"],
  ["", ""],
])("the bare subject of %j is %j", (subject, bare) => {
  expect(bareSubject(subject)).toBe(bare);
});

test("answers carry one prefix", () => {
  expect(replySubject("AW: Re: Plan")).toBe("Re: Plan");
  expect(forwardSubject("回复：计划")).toBe("Fwd: 计划");
  expect(replySubject("")).toBe("Re:");
});

test("a thousand prefixes do not hang", () => {
  expect(bareSubject("Re: ".repeat(1000) + "x").length).toBeLessThan(4000);
});

test("quoted lines are told from the others", () => {
  expect(quoteBlocks("a\n> b\n> c\nd").map((block) => block.quoted)).toEqual([false, true, false]);
});

test("links end before punctuation, also Chinese", () => {
  const links = (text: string) =>
    linkSpans(text).flatMap((span) => (span.kind === "link" ? [span.href] : []));
  expect(links("See https://example.test/a(b). Next")).toEqual(["https://example.test/a(b)"]);
  expect(links("（见 https://example.test/x）。")).toEqual(["https://example.test/x"]);
  expect(links("(www.example.test)")).toEqual(["https://www.example.test"]);
  expect(links("write to anna@example.test, please")).toEqual(["mailto:anna@example.test"]);
});

test("spans put together are the text", () => {
  const text = "a https://example.test/?q=1, b <x@example.test> c";
  expect(
    linkSpans(text)
      .map((span) => span.text)
      .join(""),
  ).toBe(text);
});

test("javascript: is no link", () => {
  expect(linkSpans("javascript:alert(1)")).toEqual([{ kind: "text", text: "javascript:alert(1)" }]);
});

test("dates of the list", () => {
  const now = new Date(2026, 10, 25, 12, 0);
  expect(shortDate(new Date(2026, 10, 25, 9, 5), now, "en")).toBe("09:05");
  expect(shortDate(new Date(2026, 10, 22, 9, 5), now, "zh-CN")).toBe("周日");
  expect(shortDate(new Date(2026, 2, 3), now, "en")).toBe("Mar 3");
  expect(shortDate(new Date(2024, 2, 3), now, "zh-CN")).toBe("2024/03/03");
});

test("sizes to words and back", () => {
  expect(bytes(0, "en")).toBe("0 B");
  expect(bytes(1234, "en")).toBe("1.2 kB");
  expect(bytes(52_428_800, "en")).toBe("52.4 MB");
  expect(parseBytes("1.5 GB")).toBe(1_500_000_000);
  expect(parseBytes("５００ＭＢ")).toBe(500_000_000);
  expect(parseBytes("")).toBeNull();
  expect(parseBytes("much")).toBeUndefined();
});
