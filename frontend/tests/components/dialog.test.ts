import { fireEvent, render, screen } from "@testing-library/svelte";
import { afterEach, expect, test, vi } from "vitest";

import { toasts } from "@/state/toasts.svelte";
import Confirm from "@/views/Confirm.svelte";

const question = { title: "Sure?", text: "For ever", action: "Delete" };
const network = Object.assign(new Error("down"), { kind: "network" });
const button = (): HTMLElement => screen.getByRole("button", { name: "Delete", hidden: true });

afterEach(() => {
  for (const one of toasts.items) toasts.dismiss(one.id);
});

test("a window that is taken away gives the focus back", async () => {
  const before = document.body.appendChild(document.createElement("button"));
  before.focus();
  const typed = { label: "Name", value: "x" };
  const { unmount } = render(Confirm, { ...question, typed, onconfirm: vi.fn(), onclose: vi.fn() });
  expect(document.activeElement).toBe(screen.getByRole("textbox", { hidden: true }));
  unmount();
  await expect.poll(() => document.activeElement).toBe(before);
  before.remove();
});

test("a question stays until its work has ended, which an impatient second press does not begin again", async () => {
  let done = (): void => undefined;
  const onconfirm = vi.fn(() => new Promise<void>((resolve) => (done = resolve)));
  const onclose = vi.fn();
  render(Confirm, { ...question, onconfirm, onclose });
  await fireEvent.click(button());
  await fireEvent.click(button());
  expect(onconfirm).toHaveBeenCalledTimes(1);
  expect(onclose).not.toHaveBeenCalled();
  expect(button().getAttribute("aria-disabled")).toBe("true");
  done();
  await expect.poll(() => onclose.mock.calls.length).toBe(1);
});

test("what has failed is said in the window, and can be tried again", async () => {
  const onconfirm = vi.fn((): Promise<void> => Promise.reject(network));
  const onclose = vi.fn();
  render(Confirm, { ...question, onconfirm, onclose });
  await fireEvent.click(button());
  await expect.poll(() => screen.queryByRole("alert", { hidden: true })?.textContent).toBeTruthy();
  expect(toasts.items).toHaveLength(0);
  onconfirm.mockImplementation(() => Promise.resolve());
  await fireEvent.click(button());
  await expect.poll(() => onclose.mock.calls.length).toBe(1);
});

test("what fails after the window was closed is said at the foot", async () => {
  let fail: (error: Error) => void = () => undefined;
  const onconfirm = (): Promise<void> => new Promise((_, reject) => (fail = reject));
  const { unmount } = render(Confirm, { ...question, onconfirm, onclose: vi.fn() });
  await fireEvent.click(button());
  unmount();
  fail(network);
  await expect.poll(() => toasts.items.length).toBe(1);
});
