import { render, screen } from "@testing-library/svelte";
import { expect, test, vi } from "vitest";

import Confirm from "@/components/Confirm.svelte";

test("a window that is taken away gives the focus back", async () => {
  const button = document.body.appendChild(document.createElement("button"));
  button.focus();
  const typed = { label: "Name", value: "x" };
  const more = { action: "Delete", onconfirm: vi.fn(), onclose: vi.fn() };
  const { unmount } = render(Confirm, { title: "Delete", text: "For ever", typed, ...more });
  expect(document.activeElement).toBe(screen.getByRole("textbox", { hidden: true }));
  unmount();
  await expect.poll(() => document.activeElement).toBe(button);
  button.remove();
});
