import { expect, test } from "vitest";

import { forInput } from "@/pure/dates";

test("an input of a date takes the local time, and gives the same moment back", () => {
  const at = new Date("2026-03-01T12:00:05Z");
  expect(forInput(at)).toMatch(/^2026-0[23]-\d\dT\d\d:\d\d:05$/);
  expect(new Date(forInput(at)).getTime()).toBe(at.getTime());
});
