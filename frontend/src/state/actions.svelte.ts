/**
 * What is done to messages. Each action shows at once, can be undone for eight seconds, and is taken back on an error.
 *
 * The server answers an action with the bodies that undo it and with the new ids of moved messages.
 */

import { act, MOST_ACTED } from "@/api/messages";
import type { ActionBody, ActionResult, Mailbox, Row } from "@/api/types";
import { i18n } from "@/i18n/index.svelte";

import { list, type Snapshot } from "./list.svelte";
import { mailboxes } from "./mailboxes.svelte";
import { reader } from "./reader.svelte";
import { router } from "./router.svelte";
import { toasts, words } from "./toasts.svelte";
import { inTurn, keepMarked, marked } from "./turns";

type Ids = Record<string, string>;

interface Outcome {
  ids: Ids;
  undo: ActionBody[];
}

function batches(ids: readonly string[]): string[][] {
  const cut: string[][] = [];
  for (let at = 0; at < ids.length; at += MOST_ACTED) cut.push(ids.slice(at, at + MOST_ACTED));
  return cut;
}

/** Any number of messages in requests of at most a thousand; what undoes them stands in reverse order. */
function send(ids: readonly string[], body: (ids: string[]) => ActionBody): Promise<Outcome> {
  return inTurn(ids, async () => {
    const all: Outcome = { ids: {}, undo: [] };
    for (const batch of batches(ids)) {
      const result: ActionResult = await act(body(batch));
      Object.assign(all.ids, result.ids);
      all.undo.unshift(...result.undo);
    }
    return all;
  });
}

/** Undo, and the way from the ids before the action to the ids after its undoing. */
function takeBack(asked: readonly string[], request: Promise<Outcome>): Promise<Ids> {
  return inTurn(asked, async () => {
    const { ids, undo } = await request;
    const now: Ids = {};
    for (const body of undo) Object.assign(now, (await act(body)).ids);
    return Object.fromEntries(Object.entries(ids).map(([old, moved]) => [old, now[moved] ?? moved]));
  });
}

function isUnread(row: Row): boolean {
  return !row.flags.includes("\\Seen");
}

function countMoved(rows: readonly Row[], target: number | null, sign: 1 | -1): void {
  for (const row of rows) {
    const unread = isUnread(row) ? sign : 0;
    mailboxes.count(row.mailbox_id, { total: -sign, unread: -unread });
    if (target !== null) mailboxes.count(target, { total: sign, unread });
  }
}

function failed(error: unknown): void {
  toasts.error(`${words(error)} ${i18n.t.errors.undone}`);
}

/** The open message goes on under its new id. */
function follow(ids: Ids): void {
  const { route } = router;
  const now = route.page === "search" && route.message !== null ? ids[route.message] : undefined;
  if (now !== undefined) router.message(now, "replace");
}

/** Messages on their way out of the list, and what is needed to bring them back. */
interface Leaving {
  ids: readonly string[];
  rows: Row[];
  before: Snapshot;
  target: number | null;
  request: Promise<Outcome>;
}

async function bringBack({ ids, rows, before, target, request }: Leaving): Promise<void> {
  list.hold();
  let counted = false;
  try {
    const outcome = await request;
    // Before the request, as the event stream may bring the true counts before the answer comes.
    countMoved(rows, target, -1);
    counted = true;
    const now = await takeBack(ids, request);
    const origin = rows[0]?.mailbox_id ?? null;
    list.rename(now, origin);
    list.rename(
      Object.fromEntries(Object.entries(outcome.ids).map(([old, moved]) => [moved, now[old] ?? old])),
      origin,
    );
    list.restore(before, now);
    toasts.say(i18n.t.done.undone);
  } catch (error) {
    if (counted) countMoved(rows, target, 1);
    toasts.fail(error);
  } finally {
    list.release();
  }
}

/** Moving, or deleting for ever when there is no target: the rows leave the list at once. */
async function leave(ids: readonly string[], to: Mailbox | null, told: (n: number) => string): Promise<void> {
  if (ids.length === 0) return;
  const target = to?.id ?? null;
  const before = list.snapshot();
  const rows = list.known(ids);
  const stays = list.source?.kind === "search" && to !== null && to.special_use !== "trash";
  if (!stays) list.drop(new Set(ids));
  countMoved(rows, target, 1);
  list.hold();
  const request = send(ids, (some) =>
    target === null ? { action: "delete", ids: some } : { action: "move", ids: some, mailbox_id: target },
  );
  toasts.show(told(ids.length), to ? { undo: () => bringBack({ ids, rows, before, target, request }) } : {});
  try {
    const { ids: now } = await request;
    list.rename(now, target);
    reader.rename(now);
    follow(now);
  } catch (error) {
    list.restore(before);
    countMoved(rows, target, -1);
    failed(error);
  } finally {
    list.release();
  }
}

/** Show a mark on messages, or take it off, before the server has answered. */
function show(rows: readonly Row[], name: string, on: boolean): void {
  const now = list.known(rows.map((row) => row.id));
  const flags = new Map(now.map((row) => [row.id, marked(row.flags, name, on)]));
  list.setFlags(flags);
  reader.setFlags(flags);
  if (name === "\\Seen") for (const row of rows) mailboxes.count(row.mailbox_id, { unread: on ? -1 : 1 });
}

async function flag(
  ids: readonly string[],
  name: string,
  on: boolean,
  told: ((n: number) => string) | null,
): Promise<void> {
  const rows = list.known(ids);
  const turned = rows.filter((row) => row.flags.includes(name) !== on);
  show(turned, name, on);
  const request = send(ids, (some) =>
    on ? { action: "flag", ids: some, add: [name] } : { action: "flag", ids: some, remove: [name] },
  );
  keepMarked(ids, name, on, request);
  const putBack = async (): Promise<void> => {
    show(turned, name, !on);
    const back = takeBack(ids, request);
    keepMarked(turned.map((row) => row.id), name, !on, back); // prettier-ignore
    try {
      await back;
      toasts.say(i18n.t.done.undone);
    } catch (error) {
      show(turned, name, on);
      toasts.fail(error);
    }
  };
  if (told) toasts.show(told(ids.length), { undo: putBack });
  try {
    await request;
    if (rows.length < ids.length) list.reload(ids); // rows that were still on their way may have come with the old flags
  } catch (error) {
    show(turned, name, !on);
    failed(error);
  }
}

function toSpecial(
  ids: readonly string[],
  use: "archive" | "trash" | "junk" | "inbox",
  told: (n: number) => string,
): Promise<void> {
  const target = mailboxes.special(use);
  return target ? leave(ids, target, told) : Promise.resolve();
}

export const actions = {
  archive: (ids: readonly string[]) => toSpecial(ids, "archive", (n) => i18n.t.done.archived(n)),
  trash: (ids: readonly string[]) => toSpecial(ids, "trash", (n) => i18n.t.done.deleted(n)),
  junk: (ids: readonly string[]) => toSpecial(ids, "junk", (n) => i18n.t.done.spam(n)),
  move: (ids: readonly string[], target: Mailbox) =>
    leave(ids, target, (n) => i18n.t.done.moved(n, mailboxes.title(target))),
  deleteForever: (ids: readonly string[]) => leave(ids, null, (n) => i18n.t.done.deletedForever(n)),
  star: (ids: readonly string[], on: boolean) =>
    flag(ids, "\\Flagged", on, (n) => (on ? i18n.t.done.starred(n) : i18n.t.done.unstarred(n))),
  read: (ids: readonly string[], on: boolean) =>
    flag(ids, "\\Seen", on, (n) => (on ? i18n.t.done.read(n) : i18n.t.done.unread(n))),
  /** Opening a message marks it; nobody wants a toast for that. */
  readQuietly: (id: string) => flag([id], "\\Seen", true, null),
};
