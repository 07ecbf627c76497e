import { beforeEach, expect, test } from "vitest";

import { Histories } from "@/state/history.svelte";
import { Listing } from "@/state/listing.svelte";
import { list } from "@/state/list.svelte";
import { mailboxes } from "@/state/mailboxes.svelte";
import { Fetched } from "@/state/sending.svelte";
import { session } from "@/state/session.svelte";

import { row, Server } from "./server";

let server: Server;
beforeEach(() => {
  server = new Server();
});

test("a page that fails leaves what was there, and the same page is tried again", async () => {
  const asked: (string | null)[] = [];
  let fails = false;
  const listing = new Listing<{ id: number }>(({ cursor }) => {
    asked.push(cursor);
    if (fails) return Promise.reject(Object.assign(new Error(), { kind: "internal", message: "Broken" }));
    return Promise.resolve({ items: [{ id: asked.length }], next: "next", total: 2 });
  });
  await listing.load();
  fails = true;
  await listing.load(true);
  expect([listing.failure, listing.items.length]).toEqual(["Broken", 1]);
  fails = false;
  await listing.again();
  expect([listing.failure, listing.items.length]).toEqual(["", 2]);
  expect(asked).toEqual([null, "next", "next"]);
});

test("an answer that comes late does not take the place of a newer one", async () => {
  const answers: ((value: string) => void)[] = [];
  const fetched = new Fetched(() => new Promise<string>((resolve) => answers.push(resolve)));
  const both = [fetched.load(), fetched.load()];
  answers[1]!("new");
  answers[0]!("old");
  await Promise.all(both);
  expect(fetched.value).toBe("new");
});

test("what was found is no answer to another question, and least of all when that fails", async () => {
  const histories = new Histories(true);
  const page = { items: [{ id: 1 }], next: null, days: 30, refused_days: 14 };
  const wanted = { kind: "address", value: "", refused: false, row: null, from: "" } as const;
  server.on("GET /history", () => page);
  await histories.ask(wanted);
  expect(histories.listing.items).toHaveLength(1);
  server.on("GET /history", () => 500);
  await histories.ask({ ...wanted, value: "bo@example.test" });
  expect([histories.listing.items.length, histories.listing.failure]).toEqual([0, "problem internal"]);
});

test("a list that cannot be brought up to date keeps its rows", async () => {
  server.on("GET /mailboxes/1/order", () => ({ ids: ["2", "1"], total: 2, modseq: 1 }));
  server.on("GET /messages", () => ({ items: [row("1"), row("2")] }));
  await list.open({ kind: "mailbox", id: 1 });
  server.on("GET /mailboxes/1/order", () => 500);
  await list.refresh();
  expect(list.ids).toEqual(["2", "1"]);
  expect(list.failure).not.toBe("");
  server.on("GET /mailboxes/1/order", () => ({ ids: ["1"], total: 1, modseq: 2 }));
  await list.refresh();
  expect([list.ids, list.failure]).toEqual([["1"], ""]);
});

test("mailboxes that could not be loaded say so until they are", async () => {
  server.on("GET /mailboxes", () => 500);
  await mailboxes.refresh();
  expect(mailboxes.failure).toBe("problem internal");
  server.on("GET /mailboxes", () => ({ items: [] }));
  await mailboxes.refresh();
  expect(mailboxes.failure).toBe("");
});

test("a server that is down has ended nobody's session", async () => {
  document.cookie = "mailnode_refresh_csrf=x";
  globalThis.fetch = () => Promise.reject(new TypeError("no network"));
  await session.start();
  expect([session.status, session.failure]).not.toContain("out");
  expect(session.failure).not.toBe("");
  document.cookie = "mailnode_refresh_csrf=; max-age=0";
});
