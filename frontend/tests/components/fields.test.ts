import { fireEvent, render, screen } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { expect, test, vi } from "vitest";

import AddressField from "@/components/AddressField.svelte";
import VirtualList from "@/components/VirtualList.svelte";

const anna = { name: "Anna", address: "anna@example.test" };

function field(value = [anna], suggest = () => Promise.resolve([] as (typeof anna)[])) {
  const onchange = vi.fn();
  render(AddressField, { label: "To", value, onchange, suggest });
  return { onchange, input: screen.getByRole<HTMLInputElement>("combobox") };
}

async function type(input: HTMLInputElement, text: string): Promise<void> {
  await fireEvent.input(input, { target: { value: text } });
}

test("Enter makes a chip of what was typed", async () => {
  const { onchange, input } = field([]);
  await type(input, "bo@example.test");
  await fireEvent.keyDown(input, { key: "Enter" });
  expect(onchange).toHaveBeenCalledWith([{ name: "", address: "bo@example.test" }]);
});

test("a full-width comma that an input method brings ends a chip", async () => {
  const { onchange, input } = field([]);
  await type(input, "bo@example.test，");
  expect(onchange).toHaveBeenCalledWith([{ name: "", address: "bo@example.test" }]);
});

test("Enter that confirms a candidate of an input method makes no chip", async () => {
  const { onchange, input } = field([]);
  await type(input, "王");
  await fireEvent.keyDown(input, { key: "Enter", isComposing: true });
  expect(onchange).not.toHaveBeenCalled();
});

test("Backspace in the empty field takes the last chip away", async () => {
  const { onchange, input } = field();
  await fireEvent.keyDown(input, { key: "Backspace" });
  expect(onchange).toHaveBeenCalledWith([]);
});

test("a name is offered and taken by the keyboard", async () => {
  vi.useFakeTimers();
  const { onchange, input } = field([], () => Promise.resolve([anna]));
  await type(input, "an");
  await vi.advanceTimersByTimeAsync(300);
  expect(screen.getByRole("option").textContent).toContain("anna@example.test");
  await fireEvent.keyDown(input, { key: "Enter" });
  vi.useRealTimers();
  expect(onchange).toHaveBeenCalledWith([anna]);
});

test("the list draws few rows of many and tells their place", () => {
  const ids = Array.from({ length: 50_000 }, (_, index) => `m${index}`);
  const onwindow = vi.fn();
  render(VirtualList, {
    ids,
    rowHeight: 60,
    label: "Messages",
    cursor: "m2",
    selected: new Set(["m1"]),
    row: createRawSnippet((id: () => string) => ({ render: () => `<span>${id()}</span>` })),
    onwindow,
    onhit: vi.fn(),
    onfocus: vi.fn(),
  });
  const rows = screen.getAllByRole("option");
  expect(rows.length).toBeLessThan(30);
  expect(rows[1]?.getAttribute("aria-selected")).toBe("true");
  expect(rows[2]?.getAttribute("aria-setsize")).toBe("50000");
  expect(screen.getByRole("listbox").getAttribute("aria-activedescendant")).toBe(rows[2]?.id);
  expect(onwindow).toHaveBeenCalled();
});

test("a click says what was hit in which row", async () => {
  const onhit = vi.fn();
  render(VirtualList, {
    ids: ["a", "b"],
    rowHeight: 60,
    label: "Messages",
    cursor: null,
    selected: new Set<string>(),
    row: createRawSnippet(() => ({ render: () => `<i data-hit="star">star</i>` })),
    onwindow: vi.fn(),
    onhit,
    onfocus: vi.fn(),
  });
  await fireEvent.click(screen.getAllByText("star")[1]!);
  expect(onhit.mock.calls[0]?.slice(0, 2)).toEqual(["b", "star"]);
});
