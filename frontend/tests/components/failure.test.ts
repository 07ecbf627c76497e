import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";

import DataTable from "@/components/DataTable.svelte";
import Failure from "@/components/Failure.svelte";

test("what failed is heard, and an impatient second press loads once", async () => {
  let done = (): void => undefined;
  const onretry = vi.fn(() => new Promise<void>((resolve) => (done = resolve)));
  render(Failure, { text: "“Users” could not be loaded.", onretry });
  expect(screen.getByRole("alert").textContent).toBe("“Users” could not be loaded.");
  const button = screen.getByRole("button");
  await fireEvent.click(button);
  await fireEvent.click(button);
  expect(onretry).toHaveBeenCalledTimes(1);
  done();
  await expect.poll(() => button.getAttribute("aria-disabled")).toBe("false");
});

test("the keyboard stays in the place whose button has gone", async () => {
  const place = document.body.appendChild(document.createElement("main"));
  const { unmount } = render(Failure, { text: "x", onretry: vi.fn() }, { baseElement: place });
  screen.getByRole("button").focus();
  await fireEvent.click(screen.getByRole("button"));
  unmount();
  await expect.poll(() => document.activeElement).toBe(place);
  place.remove();
});

test("a table that has failed is no empty table, and one that had rows keeps them", async () => {
  const more = { caption: "Users", columns: [{ key: "a", title: "A", text: () => "anna" }], empty: "None" };
  const { rerender } = render(DataTable<{ id: number }>, { ...more, items: [], failure: "No network." });
  expect(screen.getByRole("alert").textContent).toContain("No network.");
  expect(screen.queryByRole("table")).toBeNull();
  await rerender({ items: [{ id: 1 }] });
  expect(screen.getByRole("table").textContent).toContain("anna");
  await rerender({ failure: "" });
  expect(screen.queryByRole("alert")).toBeNull();
});
