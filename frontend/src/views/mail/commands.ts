/** What keys, buttons and menus do: each command once, for the messages that are ticked, under the cursor or open. */

import { i18n } from "@/i18n/index.svelte";
import { actions } from "@/state/actions.svelte";
import { compose } from "@/state/compose.svelte";
import { list } from "@/state/list.svelte";
import { mailboxes } from "@/state/mailboxes.svelte";
import { reader } from "@/state/reader.svelte";
import { router } from "@/state/router.svelte";
import { toasts } from "@/state/toasts.svelte";
import { ui } from "@/state/ui.svelte";

import type { Action } from "@/pure/shortcuts";

function openId(): string | null {
  const { route } = router;
  return route.page === "mail" || route.page === "search" ? route.message : null;
}

function targets(): string[] {
  if (list.selected.size > 0) return [...list.selected];
  const open = openId();
  return open === null ? list.targets : [open];
}

/** Drafts are written on, everything else is read. */
export function open(id: string): void {
  list.cursor = id;
  const [row] = list.known([id]);
  const drafts = mailboxes.special("drafts")?.id;
  if (row?.flags.includes("\\Draft") && row.mailbox_id === drafts) void compose.edit(id);
  else router.message(id, openId() !== null && ui.panes > 1 ? "replace" : "go");
}

/** Do what takes messages away; when the open one is among them, the next takes its place. */
function away(act: (ids: string[]) => Promise<void>, ids = targets(), towards: 1 | -1 = 1): void {
  if (ids.length === 0) return;
  const current = openId();
  const at = current === null ? -1 : list.ids.indexOf(current);
  const newer = at > 0 ? (list.ids[at - 1] ?? null) : null;
  if (current !== null && list.cursor === null) list.cursor = current;
  void act(ids);
  if (current === null || !ids.includes(current) || list.ids.includes(current)) return;
  const next = towards === 1 ? list.cursor : newer;
  router.message(ui.panes > 1 || towards === -1 ? next : null, "replace");
  if (next !== null) list.cursor = next;
}

function inMailbox(use: "trash" | "junk"): boolean {
  const { source } = list;
  return source?.kind === "mailbox" && mailboxes.byId(source.id)?.special_use === use;
}

export function trash(ids?: string[]): void {
  const meant = ids ?? targets();
  if (!inMailbox("trash")) {
    away((some) => actions.trash(some), meant);
    return;
  }
  ui.ask({
    title: i18n.t.actions.deleteForever,
    text: i18n.t.actions.deleteForeverText(meant.length),
    action: i18n.t.actions.deleteForever,
    onconfirm: () => { away((some) => actions.deleteForever(some), meant); }, // prettier-ignore
  });
}

export function archive(ids?: string[]): void {
  away((some) => actions.archive(some), ids);
}

/** To Junk, or from there back to the inbox. */
export function junk(ids?: string[]): void {
  const { inbox } = mailboxes;
  if (inMailbox("junk") && inbox) away((some) => actions.move(some, inbox), ids);
  else away((some) => actions.junk(some), ids);
}

export function isJunk(): boolean {
  return inMailbox("junk");
}

export function isTrash(): boolean {
  return inMailbox("trash");
}

export function move(ids?: string[]): void {
  const meant = ids ?? targets();
  if (meant.length > 0) ui.moving = meant;
}

export function moveTo(mailbox: number, ids: string[]): void {
  const target = mailboxes.byId(mailbox);
  if (target) away((some) => actions.move(some, target), ids);
}

/** Star those that have none; when all have one, take it away. */
export function star(ids?: string[]): void {
  const meant = ids ?? targets();
  const rows = list.known(meant);
  const allStarred = rows.length > 0 && rows.every((row) => row.flags.includes("\\Flagged"));
  if (meant.length > 0) void actions.star(meant, !allStarred);
}

export function markRead(on: boolean, ids?: string[]): void {
  const meant = ids ?? targets();
  if (meant.length === 0) return;
  if (!on && meant.includes(openId() ?? "")) router.message(null); // an open message would be marked at once again
  void actions.read(meant, on);
}

export async function answer(
  kind: "reply" | "replyAll" | "forward",
  id = openId() ?? list.cursor,
): Promise<void> {
  if (id === null) return;
  try {
    compose.open({ kind, message: await reader.fetch(id) });
  } catch (error) {
    toasts.fail(error);
  }
}

function step(by: 1 | -1): void {
  const reading = openId() !== null;
  const next = list.step(by);
  if (next !== null && reading) router.message(next, "replace");
}

function goTo(use: "inbox" | "sent" | "drafts"): void {
  const mailbox = mailboxes.special(use);
  if (mailbox) router.go({ page: "mail", mailbox: mailbox.id, message: null });
}

export const STARRED = "is:starred";
export const ALL = "-is:draft";

function back(): void {
  if (openId() !== null) router.message(null);
  ui.focusList();
}

function pick(which: Parameters<typeof list.select>[0]): void {
  list.select(which);
}

function search(query: string): void {
  router.go({ page: "search", query, message: null });
}

const COMMANDS: Record<Action, () => void> = {
  compose: () => { compose.write(); },
  search: () => { ui.focusSearch(); },
  next: () => { step(1); },
  previous: () => { step(-1); },
  open: () => { if (list.cursor !== null) open(list.cursor); },
  back,
  select: () => { if (list.cursor !== null) list.toggle(list.cursor); },
  star: () => { star(); },
  archive: () => { archive(); },
  delete: () => { trash(); },
  spam: () => { junk(); },
  reply: () => void answer("reply"),
  replyAll: () => void answer("replyAll"),
  forward: () => void answer("forward"),
  undo: () => void toasts.undoLast(),
  move: () => { move(); },
  markRead: () => { markRead(true); },
  markUnread: () => { markRead(false); },
  archiveNext: () => { away((ids) => actions.archive(ids)); },
  archivePrevious: () => { away((ids) => actions.archive(ids), targets(), -1); },
  selectAll: () => { pick("all"); },
  selectNone: () => { pick("none"); },
  selectRead: () => { pick("read"); },
  selectUnread: () => { pick("unread"); },
  selectStarred: () => { pick("starred"); },
  selectUnstarred: () => { pick("unstarred"); },
  goInbox: () => { goTo("inbox"); },
  goStarred: () => { search(STARRED); },
  goSent: () => { goTo("sent"); },
  goDrafts: () => { goTo("drafts"); },
  goAll: () => { search(ALL); },
  help: () => { ui.help = true; },
}; // prettier-ignore

export function run(action: Action): void {
  COMMANDS[action]();
}
