import { expect, test } from "vitest";

import { LIMITS, limitsOf, written } from "@/pure/limits";

test("what is not set stands as nothing, no limit as 0", () => {
  expect(written({ hourly_messages: 0, daily_messages: null, daily_recipients: 5 })).toEqual({
    hourly_messages: "0",
    hourly_recipients: "",
    daily_messages: "",
    daily_recipients: "5",
    burst_recipients: "",
  });
});

test("what was read is written back as it was", () => {
  const own = { hourly_messages: 0, hourly_recipients: null, daily_messages: 7 };
  expect(limitsOf(written(own))).toEqual({ ...own, daily_recipients: null, burst_recipients: null });
});

test("full-width digits are digits", () => {
  expect(limitsOf({ ...written({}), hourly_messages: " １０ " })?.hourly_messages).toBe(10);
});

test.each(["-1", "1.5", "many", "1000000001", "99999999999999999999"])("%s is no limit", (text) => {
  for (const name of LIMITS) expect(limitsOf({ ...written({}), [name]: text })).toBeNull();
});
