import { expect, test } from "vitest";

import { everyDay } from "@/pure/days";

test("every day is there, also those of which nothing is known", () => {
  const known = [{ day: "2026-02-28", passed: 3, failed: 1 }];
  expect(everyDay(known, 3, new Date("2026-03-01T12:00:00Z"))).toEqual([
    { day: "2026-02-27", passed: 0, failed: 0 },
    { day: "2026-02-28", passed: 3, failed: 1 },
    { day: "2026-03-01", passed: 0, failed: 0 },
  ]);
});
