import { expect, test } from "vitest";

import { Matcher, SHORTCUTS, type Stroke } from "@/pure/shortcuts";

function stroke(key: string, more: Partial<Stroke> = {}): Stroke {
  return { key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, isComposing: false, ...more };
}

test("a single key acts at once", () => {
  expect(new Matcher().press(stroke("j"), 0)).toBe("next");
});

test("two keys make one action", () => {
  const matcher = new Matcher();
  expect(matcher.press(stroke("g"), 0)).toBe("pending");
  expect(matcher.press(stroke("i"), 300)).toBe("goInbox");
});

test("the second key alone keeps its own meaning after a pause", () => {
  const matcher = new Matcher();
  matcher.press(stroke("*"), 0);
  expect(matcher.press(stroke("u"), 5000)).toBe("back");
});

test("signs that need Shift are known by the sign", () => {
  expect(new Matcher().press(stroke("#", { shiftKey: true }), 0)).toBe("delete");
  expect(new Matcher().press(stroke("U", { shiftKey: true }), 0)).toBe("markUnread");
});

test.each([{ ctrlKey: true }, { metaKey: true }, { altKey: true }, { isComposing: true }])(
  "%j means it is not ours",
  (more) => {
    expect(new Matcher().press(stroke("e", more), 0)).toBeNull();
  },
);

test("the key that an input method reports is not ours", () => {
  expect(new Matcher().press(stroke("Process"), 0)).toBeNull();
});

test("no two shortcuts have the same keys", () => {
  expect(new Set(SHORTCUTS.map(({ keys }) => keys)).size).toBe(SHORTCUTS.length);
});
