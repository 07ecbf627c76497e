/** One list of the administration: filter, order, pages, and what is done to its items. */

import * as directory from "@/api/directory";
import * as registrations from "@/api/registrations";
import type { Page } from "@/api/types";

import { toasts, words } from "./toasts.svelte";

export type {
  Alias,
  DnsCheck,
  Domain,
  DomainReport,
  Quarantined,
  QueueMessage,
  Registration,
  ReportSummary,
  User,
  UserBody,
} from "@/api/types";
export { directory, registrations };

interface How {
  q: string;
  sort: string;
  cursor: string | null;
}

const PAUSE = 200; // ms after the last key of the filter

export class Listing<Item extends { id: number }> {
  items = $state.raw<Item[]>([]);
  total = $state(0);
  next = $state<string | null>(null);
  filter = $state("");
  sort = $state("");
  loading = $state(true);
  /** Why the last load failed; what was there before it stays. */
  failure = $state("");

  #fetch: (how: How) => Promise<Page<Item>>;
  #timer = 0;
  #turn = 0;
  #more = false;

  constructor(fetch: (how: How) => Promise<Page<Item>>, sort = "") {
    this.#fetch = fetch;
    this.sort = sort;
  }

  async load(more = false): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.#more = more;
    this.loading = true;
    try {
      const page = await this.#fetch({
        q: this.filter.trim(),
        sort: this.sort,
        cursor: more ? this.next : null,
      });
      if (turn !== this.#turn) return;
      this.items = more ? [...this.items, ...page.items] : page.items;
      this.next = page.next;
      this.total = page.total;
      this.failure = "";
    } catch (error) {
      if (turn === this.#turn) this.failure = words(error);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }

  /** What has failed, once more. */
  again(): Promise<void> {
    return this.load(this.#more);
  }

  filterBy(text: string): void {
    this.filter = text;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.load(), PAUSE);
  }

  sortBy(sort: string): void {
    this.sort = sort;
    void this.load();
  }

  /** Do something and show the list as it is then. Throws what the work throws. */
  async change(work: () => Promise<unknown>): Promise<void> {
    await work();
    await this.load();
  }

  /** The same with a failure told; true when it was done. */
  attempt(work: () => Promise<unknown>): Promise<boolean> {
    return toasts.attempt(() => this.change(work));
  }
}
