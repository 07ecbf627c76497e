import { fireEvent, render, screen } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { expect, test, vi } from "vitest";

import { Problem } from "@/api/http";
import ItemForm from "@/views/admin/ItemForm.svelte";

const children = createRawSnippet(() => ({ render: () => '<input aria-invalid="true">' }));

test("what fails is told inside the window, which stays open, and the next try is told of anew", async () => {
  const save = vi.fn(() => Promise.reject(new Problem(409, "address-taken", "This address exists already")));
  const more = { onclose: vi.fn(), listing: { load: vi.fn() }, children };
  const { container } = render(ItemForm, { title: "New", fresh: true, save, ...more });
  const form = container.querySelector("dialog form")!;
  await fireEvent.submit(form);
  const alert = await screen.findByRole("alert", { hidden: true });
  expect(alert.closest("dialog")).not.toBeNull();
  expect(alert.textContent).toBe("This address exists already");
  await fireEvent.submit(form);
  await expect.poll(() => save.mock.calls.length).toBe(2);
  await expect.poll(() => container.contains(alert)).toBe(false); // another element: the same words are heard again
  expect(more.onclose).not.toHaveBeenCalled();
});

test("the keyboard goes to what was filled in wrong", async () => {
  const more = { onclose: vi.fn(), listing: { load: vi.fn() }, children };
  const { container } = render(ItemForm, { title: "New", fresh: true, save: () => null, ...more });
  document.body.focus();
  await fireEvent.submit(container.querySelector("form")!);
  await expect.poll(() => document.activeElement).toBe(container.querySelector("input"));
});

test("what is done closes the window once the list shows it", async () => {
  const order: string[] = [];
  const listing = { load: () => Promise.resolve(void order.push("load")) };
  const more = { onclose: () => void order.push("close"), save: () => Promise.resolve(), listing, children };
  const { container } = render(ItemForm, { title: "New", fresh: true, ...more });
  await fireEvent.submit(container.querySelector("form")!);
  await expect.poll(() => order).toEqual(["load", "close"]);
});
