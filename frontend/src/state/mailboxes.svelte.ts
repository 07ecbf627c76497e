/** The tree of mailboxes with its counts. Counts move at once with what the user does; the event stream has the last word. */

import * as api from "@/api/mailboxes";
import type { Change, Mailbox, SpecialUse } from "@/api/types";
import { i18n } from "@/i18n/index.svelte";
import { ownName, special } from "@/pure/tree";

import { words } from "./toasts.svelte";

class Mailboxes {
  items = $state.raw<Mailbox[]>([]);
  loaded = $state(false);
  /** Why the last `refresh` failed. */
  failure = $state("");

  async load(): Promise<void> {
    this.items = (await api.list()).items;
    this.loaded = true;
    this.failure = "";
  }

  /** The same where nobody waits for it: what fails is told in its place. */
  async refresh(): Promise<void> {
    try {
      await this.load();
    } catch (error) {
      this.failure = words(error);
    }
  }

  byId(id: number | null): Mailbox | undefined {
    return this.items.find((one) => one.id === id);
  }

  special(use: SpecialUse): Mailbox | undefined {
    return this.items.find((one) => special(one) === use);
  }

  get inbox(): Mailbox | undefined {
    return this.special("inbox");
  }

  /** In the user's language when it is one of the six that every user has. */
  title(mailbox: Mailbox): string {
    const use = special(mailbox) as SpecialUse | null;
    if (use !== null) return i18n.t.mailboxes[use];
    return mailbox.owner ? `${ownName(mailbox)} (${mailbox.owner})` : mailbox.name;
  }

  count(id: number, more: { total?: number; unread?: number }): void {
    this.#set(id, (box) => ({
      ...box,
      total: Math.max(0, box.total + (more.total ?? 0)),
      unread: Math.max(0, box.unread + (more.unread ?? 0)),
    }));
  }

  apply({ mailbox_id, total, unread, modseq }: Change): void {
    this.#set(mailbox_id, (box) => ({ ...box, total, unread, modseq }));
  }

  async create(name: string): Promise<Mailbox> {
    const made = await api.create(name);
    await this.load();
    return made;
  }

  async rename(id: number, name: string): Promise<void> {
    await api.rename(id, name);
    await this.load();
  }

  async remove(id: number): Promise<void> {
    await api.erase(id);
    await this.load();
  }

  async empty(id: number): Promise<void> {
    await api.empty(id);
    this.#set(id, (box) => ({ ...box, total: 0, unread: 0 }));
  }

  async markRead(id: number): Promise<void> {
    this.#set(id, (box) => ({ ...box, unread: 0 }));
    await api.markRead(id);
  }

  #set(id: number, change: (box: Mailbox) => Mailbox): void {
    this.items = this.items.map((box) => (box.id === id ? change(box) : box));
  }
}

export const mailboxes = new Mailboxes();
