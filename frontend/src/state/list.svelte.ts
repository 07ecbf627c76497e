/**
 * The list of messages: all ids in order, the rows of those that were near the window, what is ticked, where the cursor is.
 *
 * The ids of a whole mailbox come in one answer, so the scroll bar can be dragged anywhere; rows follow in batches. Of a
 * very large one the top comes first.
 */

import { order } from "@/api/mailboxes";
import { MOST_ROWS, rows as fetchRows, search } from "@/api/messages";
import type { Row } from "@/api/types";
import { ranged, successor, toggled } from "@/pure/selection";

import { words } from "./toasts.svelte";
import { withUnanswered } from "./turns";

export type Source = { kind: "mailbox"; id: number } | { kind: "search"; query: string };

/** What a change of the list must know to put it back. */
export interface Snapshot {
  source: Source | null;
  ids: readonly string[];
}

const TOP = 10_000; // ids that are asked for before all others
const PAUSE = 40; // ms of rest before rows are asked for while the list is scrolled fast
const RETRY = 2000; // ms after rows could not be fetched

function same(a: Source | null, b: Source | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

class MessageList {
  source = $state.raw<Source | null>(null);
  ids = $state.raw<readonly string[]>([]);
  selected = $state.raw<ReadonlySet<string>>(new Set());
  cursor = $state<string | null>(null);
  loading = $state(false);
  failure = $state("");
  /** Search only: there are more than were sent. */
  more = $state(false);
  words = $state.raw<readonly string[]>([]);

  #rows = new Map<string, Row>();
  #version = $state(0);
  #asked = new Set<string>();
  #etag: string | null = null;
  #turn = 0;
  #timer = 0;
  #anchor = 0;
  #held = 0;
  #stale = false;
  #asking = 0;
  #window: [number, number] = [0, 0];

  row(id: string): Row | undefined {
    void this.#version; // read, so that who draws the row draws it again when rows arrive
    return this.#rows.get(id);
  }

  /** Show another list; the same one is only brought up to date. */
  async open(source: Source): Promise<void> {
    if (!same(source, this.source)) {
      this.source = source;
      this.ids = [];
      this.selected = new Set();
      this.cursor = null;
      this.more = false;
      this.words = [];
      this.failure = "";
      this.#etag = null;
      this.loading = true;
    }
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const { source } = this;
    if (!source) return;
    if (this.#held > 0) {
      this.#stale = true;
      return;
    }
    this.#turn += 1;
    const turn = this.#turn;
    this.#asking += 1;
    try {
      const ids =
        source.kind === "mailbox" ? await this.#order(source.id, turn) : await this.#search(source.query);
      if (turn !== this.#turn) return; // another list was opened meanwhile
      if (ids) this.#setIds(ids);
      this.failure = "";
    } catch (error) {
      if (turn === this.#turn) this.failure = words(error);
    } finally {
      this.#asking -= 1;
      if (turn === this.#turn) this.loading = false;
    }
  }

  async #order(id: number, turn: number): Promise<readonly string[] | undefined> {
    if (this.loading && this.ids.length === 0) {
      const top = await order(id, null, TOP);
      if (turn !== this.#turn) return undefined;
      if (top.ids && top.ids.length === top.total) return this.#whole(id, top);
      if (top.ids) this.#setIds(top.ids);
      this.loading = false;
    }
    return this.#whole(id, await order(id, this.#etag));
  }

  #whole(id: number, answer: Awaited<ReturnType<typeof order>>): readonly string[] | undefined {
    if (same(this.source, { kind: "mailbox", id })) this.#etag = answer.etag;
    return answer.ids;
  }

  async #search(query: string): Promise<readonly string[]> {
    const found = await search(query, null);
    this.more = found.more;
    this.words = found.words;
    return found.ids;
  }

  #setIds(ids: readonly string[]): void {
    this.ids = ids;
    if (this.selected.size > 0) {
      const present = new Set(ids);
      this.selected = new Set([...this.selected].filter((id) => present.has(id)));
    }
    this.want(0, Math.min(ids.length, 40));
  }

  /** Rows from first to end (excluded) will be shown soon: fetch those that are missing, and the next page. */
  want(first: number, end: number): void {
    window.clearTimeout(this.#timer);
    this.#window = [first, end];
    const missing = this.#missing(first, end);
    if (missing.length === 0) return;
    const ask = (): void => void this.#fetch(this.#missing(first, Math.min(end + 50, this.ids.length)));
    if (this.#asked.size === 0) ask();
    else this.#timer = window.setTimeout(ask, PAUSE);
  }

  #missing(first: number, end: number): string[] {
    return this.ids.slice(first, end).filter((id) => !this.#rows.has(id) && !this.#asked.has(id));
  }

  async #fetch(ids: readonly string[]): Promise<void> {
    for (let at = 0; at < ids.length; at += MOST_ROWS) {
      const batch = ids.slice(at, at + MOST_ROWS);
      batch.forEach((id) => this.#asked.add(id));
      try {
        const { items } = await fetchRows(batch);
        this.learn(items);
      } catch {
        // The rows stay grey; what is shown then is asked for again.
        window.setTimeout(() => { this.want(...this.#window); }, RETRY); // prettier-ignore
      } finally {
        batch.forEach((id) => this.#asked.delete(id));
      }
    }
  }

  learn(rows: readonly Row[]): void {
    for (const row of rows) this.#rows.set(row.id, { ...row, flags: [...withUnanswered(row.id, row.flags)] });
    this.#version += 1;
  }

  /** Ask again for rows near the window. */
  reload(ids: readonly string[]): void {
    const [first, end] = this.#window;
    const shown = new Set(this.ids.slice(first, end));
    void this.#fetch(ids.filter((id) => shown.has(id)));
  }

  /** Rows of these ids that are known. */
  known(ids: readonly string[]): Row[] {
    return ids.flatMap((id) => this.#rows.get(id) ?? []);
  }

  setFlags(flags: ReadonlyMap<string, readonly string[]>): void {
    for (const [id, now] of flags) {
      const row = this.#rows.get(id);
      if (row) this.#rows.set(id, { ...row, flags: [...now] });
    }
    this.#version += 1;
  }

  /**
   * An action is on its way to the server: until `release` the server's order is older than what is shown, so it is
   * neither asked for nor taken from a request that was sent before.
   */
  hold(): void {
    this.#held += 1;
    this.#turn += 1;
    if (this.#asking > 0) this.#stale = true;
  }

  release(): void {
    this.#held -= 1;
    if (this.#held > 0 || !this.#stale) return;
    this.#stale = false;
    void this.refresh();
  }

  snapshot(): Snapshot {
    return { source: this.source, ids: this.ids };
  }

  /** Take messages out of the list at once; the cursor goes to the row that takes the place. */
  drop(gone: ReadonlySet<string>): void {
    if (!this.ids.some((id) => gone.has(id))) return;
    if (this.cursor !== null && gone.has(this.cursor)) {
      this.cursor = successor(this.ids, gone, this.ids.indexOf(this.cursor));
    }
    this.ids = this.ids.filter((id) => !gone.has(id));
    this.selected = new Set([...this.selected].filter((id) => !gone.has(id)));
    this.#etag = null;
  }

  /** The same messages under their new ids. */
  rename(ids: Readonly<Record<string, string>>, mailbox: number | null): void {
    for (const [old, now] of Object.entries(ids)) {
      const row = this.#rows.get(old);
      if (row) this.#rows.set(now, { ...row, id: now, mailbox_id: mailbox ?? row.mailbox_id });
    }
    if (this.ids.some((id) => id in ids)) this.ids = this.ids.map((id) => ids[id] ?? id);
    if (this.cursor !== null) this.cursor = ids[this.cursor] ?? this.cursor;
    this.#version += 1;
  }

  /** Put back what was taken out, under the names that it has now, unless another list is shown. */
  restore(before: Snapshot, ids: Readonly<Record<string, string>> = {}): void {
    if (!same(before.source, this.source)) return;
    const old = new Set(before.ids);
    const arrived = this.ids.filter((id) => !old.has(id) && !Object.values(ids).includes(id));
    this.ids = [...arrived, ...before.ids.map((id) => ids[id] ?? id)];
    this.#etag = null;
  }

  /** New mail: at the top when it is the newest, else the order is asked for again. */
  add(rows: readonly Row[]): void {
    const fresh = rows.filter((row) => !this.ids.includes(row.id));
    this.learn(rows);
    if (fresh.length === 0) return;
    const top = this.ids[0] === undefined ? undefined : this.#rows.get(this.ids[0]);
    fresh.sort((a, b) => b.received_at.localeCompare(a.received_at) || b.uid - a.uid);
    const oldest = fresh[fresh.length - 1];
    this.#etag = null;
    if (this.ids.length === 0 || (top && oldest && oldest.received_at >= top.received_at)) {
      this.ids = [...fresh.map((row) => row.id), ...this.ids];
    } else void this.refresh();
  }

  /** Which messages an action means: the ticked ones, else the one under the cursor. */
  get targets(): string[] {
    if (this.selected.size > 0) return [...this.selected];
    return this.cursor === null ? [] : [this.cursor];
  }

  step(by: 1 | -1): string | null {
    const at = this.cursor === null ? (by === 1 ? -1 : 0) : this.ids.indexOf(this.cursor);
    const next = this.ids[Math.min(Math.max(0, at + by), this.ids.length - 1)] ?? null;
    this.cursor = next;
    return next;
  }

  toggle(id: string): void {
    this.#anchor = this.ids.indexOf(id);
    this.selected = toggled(this.selected, id);
  }

  range(id: string): void {
    this.selected = ranged(this.selected, this.ids, this.#anchor, this.ids.indexOf(id));
  }

  /** "all" and "none" over the whole list; the others over the rows that are known. */
  select(which: "all" | "none" | "read" | "unread" | "starred" | "unstarred"): void {
    if (which === "none") this.selected = new Set();
    else if (which === "all") this.selected = new Set(this.ids);
    else {
      const flag = which.endsWith("read") ? "\\Seen" : "\\Flagged";
      const wanted = which === "read" || which === "starred";
      const fits = this.known(this.ids).filter((row) => row.flags.includes(flag) === wanted);
      this.selected = new Set(fits.map((row) => row.id));
    }
  }
}

export const list = new MessageList();
