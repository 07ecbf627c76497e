import { expect, test } from "vitest";

import { MAX_HEIGHT, scrollHeight, scrollTo, sliceAt } from "@/pure/window";

const list = { count: 50_000, rowHeight: 64, viewport: 640, overscan: 3 };

test("draws the visible rows and a few around them", () => {
  expect(sliceAt(list, 0)).toEqual({ first: 0, end: 13, top: 0 });
  expect(sliceAt(list, 6400)).toEqual({ first: 97, end: 113, top: 97 * 64 });
});

test("the end of the bar is the end of the rows", () => {
  const slice = sliceAt(list, scrollHeight(list));
  expect(slice.end).toBe(50_000);
  expect(slice.top + (slice.end - slice.first) * 64).toBe(scrollHeight(list));
});

test("an empty list draws nothing", () => {
  expect(sliceAt({ ...list, count: 0 }, 500)).toEqual({ first: 0, end: 0, top: 0 });
});

test("a list shorter than its window starts at the top", () => {
  expect(sliceAt({ ...list, count: 4 }, 90)).toEqual({ first: 0, end: 4, top: 0 });
});

test.each([200_001, 524_001, 5_000_000])(
  "%i rows: the bar is clamped and still reaches both ends",
  (count) => {
    const long = { ...list, count };
    expect(scrollHeight(long)).toBe(MAX_HEIGHT);
    expect(sliceAt(long, 0).first).toBe(0);
    const last = sliceAt(long, MAX_HEIGHT - long.viewport);
    expect(last.end).toBe(count);
    // The last row ends where the scrolled element ends.
    expect(last.top + (last.end - last.first) * long.rowHeight).toBeCloseTo(MAX_HEIGHT, 3);
  },
);

test("rows stand at their place in the window when the bar is clamped", () => {
  const long = { ...list, count: 1_000_000 };
  const at = 7_654_321;
  const slice = sliceAt(long, at);
  const shown = at - slice.top; // px of drawn rows above the window's edge
  expect(shown).toBeGreaterThanOrEqual(0);
  expect(shown).toBeLessThan((long.overscan + 1) * long.rowHeight);
});

test("scrolling to a row moves as little as possible", () => {
  expect(scrollTo(list, 0, 5)).toBe(0);
  expect(scrollTo(list, 0, 10)).toBe(64);
  expect(scrollTo(list, 6400, 20)).toBe(1280);
});

test("scrolling to any row of a clamped list shows it", () => {
  const long = { ...list, count: 800_000, overscan: 0 };
  for (const index of [0, 1, 399_999, 799_998, 799_999]) {
    const slice = sliceAt(long, scrollTo(long, 3_000_000, index));
    expect(slice.first).toBeLessThanOrEqual(index);
    expect(slice.end).toBeGreaterThan(index);
  }
});
