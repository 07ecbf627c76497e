/** The event stream in use: counts, rows and flags follow what happens elsewhere, and new mail is announced. */

import { listen } from "@/api/events";
import type { Change } from "@/api/types";
import { i18n } from "@/i18n/index.svelte";

import { list } from "./list.svelte";
import { mailboxes } from "./mailboxes.svelte";
import { reader } from "./reader.svelte";
import { toasts } from "./toasts.svelte";
import { withUnanswered } from "./turns";

class Live {
  connected = $state(true);
  #stop: (() => void) | null = null;

  start(): void {
    this.#stop ??= listen({
      change: (change) => { this.#change(change); },
      mailboxes: () => void mailboxes.refresh(),
      reset: () => void Promise.all([mailboxes.refresh(), list.refresh()]),
      connected: (yes) => { this.#connected(yes); },
    }); // prettier-ignore
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #connected(yes: boolean): void {
    this.connected = yes;
    if (!yes) return;
    if (mailboxes.failure) void mailboxes.refresh();
    if (list.failure) void list.refresh();
  }

  #change(change: Change): void {
    mailboxes.apply(change);
    if (change.changed.length > 0) {
      const flags = new Map(change.changed.map(({ id, flags: now }) => [id, withUnanswered(id, now)]));
      list.setFlags(flags);
      reader.setFlags(flags);
    }
    if (change.removed.length > 0) list.drop(new Set(change.removed));
    if (change.added.length > 0) this.#added(change);
  }

  #added(change: Change): void {
    const rows = change.added_rows ?? [];
    const { source } = list;
    if (source?.kind === "mailbox" && source.id === change.mailbox_id) {
      if (rows.length === change.added.length) list.add(rows);
      else void list.refresh();
    }
    const fresh = rows.filter((row) => !row.flags.includes("\\Seen")).length;
    if (fresh > 0 && change.mailbox_id === mailboxes.inbox?.id) toasts.say(i18n.t.list.newMail(fresh));
  }
}

export const live = new Live();
