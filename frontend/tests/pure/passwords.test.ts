import { expect, test } from "vitest";

import { marked } from "@/pure/marks";
import { strength } from "@/pure/passwords";

test.each([
  ["short", 0],
  ["aaaaaaaaaaaaaaa", 1],
  ["abcdefghij", 1],
  ["correct horse battery", 3],
  ["Tr0ub4dor&3 with more", 4],
  ["今天天气很好我们去公园", 1],
])("%s is worth %i", (password, worth) => {
  expect(strength(password)).toBeGreaterThanOrEqual(Math.max(0, worth - 1));
  expect(strength(password)).toBeLessThanOrEqual(worth + 1);
});

test("found words are marked, longer ones first, and the text stays whole", () => {
  const pieces = marked("Plans and PLAN", ["plan", "plans"]);
  expect(pieces).toEqual([
    { text: "Plans", hit: true },
    { text: " and ", hit: false },
    { text: "PLAN", hit: true },
  ]);
});

test("letters that grow when made small move no mark", () => {
  expect(
    marked("İİ x", ["x"])
      .map((piece) => piece.text)
      .join(""),
  ).toBe("İİ x");
});
