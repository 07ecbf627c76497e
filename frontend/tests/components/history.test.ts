import { fireEvent, render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";

import History from "@/views/history/History.svelte";

import { Server } from "../state/server";

const row = (id: number) => ({
  id,
  at: "2026-01-01T10:00:00Z",
  message: id,
  sender: "",
  trace: `t${String(id)}`,
  queue_id: 0,
  message_id: "",
  size: 0,
  heading: `Row ${String(id)}`,
  client: {},
  findings: [],
  steps: [],
});

test("who looks further back stands at what has come when the button has gone", async () => {
  const server = new Server();
  const page = { days: 30, refused_days: 14 };
  server.on("GET /history", () => ({ ...page, items: [row(3)], next: "3" }));
  render(History, { page: "settings", item: null });
  const button = await screen.findByRole("button", { name: "Look further back" });
  server.on("GET /history", () => ({ ...page, items: [row(2), row(1)], next: null }));
  button.focus();
  await fireEvent.click(button);
  const first = await screen.findByRole("link", { name: /Row 2/ });
  await expect.poll(() => document.activeElement).toBe(first);
});

test("the list names whom an alias stands for, each with its end", async () => {
  const server = new Server();
  const step = (act: string, target: string, why = "") => ({
    act,
    recipient: "team@a.test",
    target,
    queue_id: 0,
    why,
  });
  const steps = [step("kept", "a@a.test"), step("failed", "b@a.test", "The mailbox is full.")];
  server.on("GET /history", () => ({
    days: 30,
    refused_days: 14,
    items: [{ ...row(1), steps }],
    next: null,
  }));
  render(History, { page: "settings", item: null });
  const entry = await screen.findByRole("link", { name: /Row 1/ });
  const [failed, kept] = [...entry.querySelectorAll(".end")].map((end) => end.textContent);
  expect(failed).toContain("team@a.test → b@a.test · The mailbox is full.");
  expect(kept).toContain("team@a.test → a@a.test");
});
