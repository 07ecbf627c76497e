import { beforeEach, expect, test } from "vitest";

import type { ActionBody, Mailbox } from "@/api/types";
import { actions } from "@/state/actions.svelte";
import { list } from "@/state/list.svelte";
import { mailboxes } from "@/state/mailboxes.svelte";
import { toasts } from "@/state/toasts.svelte";

import { moved, row, Server } from "./server";

let server: Server;

function mailbox(id: number, name: string, special_use: Mailbox["special_use"], total: number): Mailbox {
  return {
    id, name, special_use, total, unread: total, parent_id: null, size_bytes: 0, subscribed: true, modseq: 1,
    owner: null, my_rights: "lrswipkxtea",
    uid_validity: 1, uid_next: 9, selectable: true,
  }; // prettier-ignore
}

const inbox = (): Mailbox => mailboxes.byId(1)!;
const archive = (): Mailbox => mailboxes.byId(2)!;

beforeEach(async () => {
  server = new Server();
  const items = [
    mailbox(1, "INBOX", "inbox", 3),
    mailbox(2, "Archive", "archive", 0),
    mailbox(3, "Trash", "trash", 0),
  ];
  server.on("GET /mailboxes", () => ({ items, modseq: 1 }));
  server.on("GET /mailboxes/1/order", () => ({ ids: ["3", "2", "1"], modseq: 1, total: 3 }));
  server.on("GET /messages", ({ path }) => {
    const ids = new URLSearchParams(path.split("?")[1]).get("ids")!.split(",");
    return { items: ids.map((id) => row(id)) };
  });
  list.source = null;
  for (const { id } of toasts.items) toasts.dismiss(id);
  await mailboxes.load();
  await list.open({ kind: "mailbox", id: 1 });
  await settled();
});

/** Let answers arrive. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
}

test("the order comes first, the rows near the window follow", () => {
  expect(list.ids).toEqual(["3", "2", "1"]);
  expect(list.row("2")?.subject).toBe("Subject 2");
});

test("of a very large mailbox the top is shown before everything has come", async () => {
  let answer: (value: Response) => void = () => undefined;
  const waiting = new Promise<Response>((resolve) => (answer = resolve));
  const other = globalThis.fetch;
  globalThis.fetch = (input, init) =>
    String(input instanceof Request ? input.url : input).includes("limit=") ||
    !String(input instanceof Request ? input.url : input).includes("/mailboxes/2/order")
      ? other(input, init)
      : waiting;
  server.on("GET /mailboxes/2/order", () => ({ ids: ["9", "8"], modseq: 1, total: 3 }));
  const opened = list.open({ kind: "mailbox", id: 2 });
  await settled();
  expect(list.ids).toEqual(["9", "8"]);
  expect(list.loading).toBe(false);
  answer(Response.json({ ids: ["9", "8", "7"], modseq: 1, total: 3 }));
  await opened;
  expect(list.ids).toEqual(["9", "8", "7"]);
});

test("archiving shows at once, before the server has answered", async () => {
  let answer: (value: Response) => void = () => undefined;
  const waiting = new Promise<Response>((resolve) => (answer = resolve));
  globalThis.fetch = () => waiting;
  list.cursor = "2";
  const done = actions.archive(["2"]);
  expect(list.ids).toEqual(["3", "1"]);
  expect(list.cursor).toBe("1");
  expect(inbox().total).toBe(2);
  expect(archive().unread).toBe(1);
  answer(Response.json(moved({ action: "move", ids: ["2"], mailbox_id: 2 }, 1)));
  await done;
});

test("an order that is older than the action does not bring the rows back", async () => {
  let answer: (value: Response) => void = () => undefined;
  const waiting = new Promise<Response>((resolve) => (answer = resolve));
  const asked = list.refresh();
  const other = globalThis.fetch;
  globalThis.fetch = (input, init) => (init?.method === "POST" ? waiting : other(input, init));
  const done = actions.archive(["2"]);
  await asked;
  await list.refresh();
  expect(list.ids).toEqual(["3", "1"]);
  server.on("GET /mailboxes/1/order", () => ({ ids: ["4", "3", "1"], modseq: 3, total: 3 }));
  answer(Response.json(moved({ action: "move", ids: ["2"], mailbox_id: 2 }, 1)));
  await done;
  await settled();
  expect(list.ids).toEqual(["4", "3", "1"]);
});

test("an undone move is back at its place, under its new id, and the counts are as before", async () => {
  server.on("POST /messages/actions", ({ body }) => moved(body as ActionBody, 1));
  await actions.archive(["2"]);
  await toasts.undoLast();
  expect(list.ids).toEqual(["3", "299", "1"]);
  expect(list.row("299")?.subject).toBe("Subject 2");
  expect([inbox().total, archive().total]).toEqual([3, 0]);
});

test("a move that fails is taken back and said", async () => {
  server.on("POST /messages/actions", () => 500);
  await actions.archive(["3", "1"]);
  expect(list.ids).toEqual(["3", "2", "1"]);
  expect(inbox().unread).toBe(3);
  expect(toasts.items.at(-1)?.kind).toBe("error");
});

test("a flag shows at once and its undo is sent", async () => {
  server.on("POST /messages/actions", ({ body }) => ({
    ids: { "1": "1" }, missing: [], modseq: 2,
    undo: [{ action: "flag", ids: (body as ActionBody).ids, add: ["\\Seen"] }],
  })); // prettier-ignore
  const done = actions.star(["1"], true);
  expect(list.row("1")?.flags).toEqual(["\\Flagged"]);
  await done;
  await toasts.undoLast();
  expect(list.row("1")?.flags).toEqual([]);
});

test("more than a thousand go in several requests", async () => {
  const bodies: ActionBody[] = [];
  server.on("POST /messages/actions", ({ body }) => {
    bodies.push(body as ActionBody);
    return moved(body as ActionBody, 1);
  });
  await actions.trash(Array.from({ length: 2500 }, (_, index) => String(index + 10)));
  expect(bodies.map((body) => body.ids.length)).toEqual([1000, 1000, 500]);
});

test("new mail stands at the top, a change elsewhere keeps the selection that is left", () => {
  list.select("all");
  list.add([row("8")]);
  expect(list.ids).toEqual(["8", "3", "2", "1"]);
  list.drop(new Set(["2"]));
  expect([...list.selected]).toEqual(["3", "1"]);
});

test("what is ticked over a distance", () => {
  list.toggle("3");
  list.range("1");
  expect(list.selected.size).toBe(3);
  expect(list.targets).toHaveLength(3);
});
