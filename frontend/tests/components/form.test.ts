import { fireEvent, render } from "@testing-library/svelte";
import { createRawSnippet } from "svelte";
import { expect, test, vi } from "vitest";

import FormDialog from "@/components/FormDialog.svelte";

test("an impatient second press sends nothing again, a later one does", async () => {
  let done = (): void => undefined;
  const onsubmit = vi.fn(() => new Promise<void>((resolve) => (done = resolve)));
  const children = createRawSnippet(() => ({ render: () => "<input>" }));
  const { container } = render(FormDialog, {
    title: "New",
    action: "Add",
    onsubmit,
    onclose: vi.fn(),
    children,
  });
  const form = container.querySelector("form");
  if (!form) throw new Error("there is no form");
  await fireEvent.submit(form);
  await fireEvent.submit(form);
  expect(onsubmit).toHaveBeenCalledTimes(1);
  done();
  await expect
    .poll(async () => {
      await fireEvent.submit(form);
      return onsubmit.mock.calls.length;
    })
    .toBe(2);
});
