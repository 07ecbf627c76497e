import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";

import { Restoring } from "@/state/restoration.svelte";
import Restore from "@/views/settings/Restore.svelte";

import { Server } from "./server";

const NONE = {
  returned: 0,
  moved: 0,
  flagged: 0,
  lost: 0,
  mailboxes: 0,
  tree: [],
  messages: [],
  more: false,
};
const MONDAY = { at: "2026-11-23T08:00:00Z", mailbox: null };

let server: Server;
let answer: object;

beforeEach(() => {
  server = new Server();
  answer = NONE;
  server.on("POST /me/restorations", () => answer);
  server.on("GET /mailboxes", () => ({ items: [], modseq: 1 }));
});

const asked = (): unknown[] => server.asked.filter((one) => one.method === "POST").map((one) => one.body);

test("what is put back is what was looked at", async () => {
  const restoring = new Restoring();
  await restoring.look(MONDAY);
  expect(await restoring.put()).toBe(true);
  expect(asked()).toEqual([
    { ...MONDAY, dry_run: true },
    { ...MONDAY, dry_run: false },
  ]);
});

test("an answer to what is not asked for any more is nothing to put back", async () => {
  const restoring = new Restoring();
  const looking = restoring.look(MONDAY);
  restoring.forget();
  await looking;
  expect(restoring.found).toBeNull();
  expect(await restoring.put()).toBe(false);
});

test("two presses put it back once", async () => {
  const restoring = new Restoring();
  await restoring.look(MONDAY);
  await Promise.all([restoring.put(), restoring.put()]);
  expect(asked()).toHaveLength(2);
});

async function looked(found: object): Promise<void> {
  answer = { ...NONE, ...found };
  render(Restore);
  await fireEvent.click(screen.getByRole("button"));
}

test("what cannot come back is told, and nothing is offered", async () => {
  await looked({ lost: 2 });
  expect(await screen.findByText(/2 cannot come back/)).toBeTruthy();
  expect(screen.queryByText("Put it back")).toBeNull();
});

test("a mailbox that was subscribed to is a change", async () => {
  await looked({ tree: [{ change: "subscribe", name: "List", was: null }] });
  expect(await screen.findByText("1 subscription changes")).toBeTruthy();
  expect(screen.getByText("Put it back")).toBeTruthy();
});

test("the button that has gone leaves the keyboard at the one before it", async () => {
  await looked({ returned: 1 });
  await fireEvent.click(await screen.findByText("Put it back"));
  await expect.poll(() => document.activeElement?.textContent).toBe("See what would change");
});

test("whose mail has never been kept reads of no year 1970", () => {
  render(Restore);
  expect(screen.queryByText(/1970/)).toBeNull();
});
