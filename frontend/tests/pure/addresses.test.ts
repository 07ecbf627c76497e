import { expect, test } from "vitest";

import {
  displayName,
  formatAddress,
  hue,
  initials,
  isAddress,
  parseAddresses,
  unique,
} from "@/pure/addresses";

test("separators of both widths part addresses", () => {
  expect(
    parseAddresses("a@example.test, b@example.test；c@example.test、d@example.test，e@example.test"),
  ).toHaveLength(5);
});

test("a comma inside quotes belongs to the name", () => {
  expect(parseAddresses('"Beispiel, Anna" <anna@example.test>, bo@example.test')).toEqual([
    { name: "Beispiel, Anna", address: "anna@example.test" },
    { name: "", address: "bo@example.test" },
  ]);
});

test("full-width signs are read as their narrow ones", () => {
  expect(parseAddresses("王小明＜xiaoming＠example．test＞")).toEqual([
    { name: "王小明", address: "xiaoming@example.test" },
  ]);
});

test("what is no address is kept to be shown as wrong", () => {
  expect(parseAddresses("not an address")).toEqual([{ name: "", address: "not an address" }]);
});

test("addresses parted by blanks only", () => {
  expect(parseAddresses("a@example.test b@example.test")).toHaveLength(2);
});

test.each(["a@example.test", "a+b@example.test", "用户@例子.测试", "o'hara@sub.example.test"])(
  "%s is an address",
  (text) => {
    expect(isAddress(text)).toBe(true);
  },
);

test.each(["", "a", "a@", "@example.test", "a b@example.test", "a@b..test", "a@-x.test", "a@b@example.test"])(
  "%j is none",
  (text) => {
    expect(isAddress(text)).toBe(false);
  },
);

test("a name with signs is quoted, and comes back the same", () => {
  const person = { name: 'Q. "The" Tester, jr.', address: "q@example.test" };
  expect(parseAddresses(formatAddress(person))).toEqual([person]);
});

test("initials of Latin and Chinese names", () => {
  expect(initials({ name: "Anna Maria Beispiel", address: "a@example.test" })).toBe("AB");
  expect(initials({ name: "王小明", address: "a@example.test" })).toBe("小明");
  expect(initials({ name: "", address: "news.letter@example.test" })).toBe("NL");
});

test("the shown name falls back to the local part", () => {
  expect(displayName({ name: " ", address: "anna@example.test" })).toBe("anna");
});

test("doubles go, whatever their case", () => {
  const list = [
    { name: "", address: "A@example.test" },
    { name: "", address: "a@EXAMPLE.test" },
    { name: "", address: "me@example.test" },
  ];
  expect(unique(list, ["ME@example.test"])).toEqual([list[0]]);
});

test("a hue is stable and in the circle", () => {
  expect(hue("a@example.test")).toBe(hue("A@EXAMPLE.TEST"));
  expect(hue("someone@example.test")).toBeLessThan(360);
});
