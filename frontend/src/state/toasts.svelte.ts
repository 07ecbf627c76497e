/** Short notes at the foot of the window; most carry an undo for eight seconds. Also what screen readers are told. */

import { i18n } from "@/i18n/index.svelte";

export const STAY = 8000; // ms
const MOST = 3;

export interface Toast {
  id: number;
  text: string;
  kind: "note" | "error";
  /** Takes back what the toast tells of. */
  undo?: (() => Promise<void> | void) | undefined;
  /** Epoch ms. */
  until: number;
}

class Toasts {
  items = $state.raw<Toast[]>([]);
  /** Read out politely when it changes. */
  spoken = $state("");
  #next = 1;
  #timers = new Map<number, number>();

  show(text: string, more: Partial<Pick<Toast, "kind" | "undo">> & { stay?: number } = {}): number {
    const id = this.#next;
    this.#next += 1;
    const stay = more.stay ?? STAY;
    const toast: Toast = { id, text, kind: more.kind ?? "note", undo: more.undo, until: Date.now() + stay };
    this.items = [...this.items, toast].slice(-MOST);
    this.#timers.set(id, window.setTimeout(() => { this.dismiss(id); }, stay)); // prettier-ignore
    this.say(text);
    return id;
  }

  error(text: string): void {
    this.show(text, { kind: "error" });
  }

  dismiss(id: number): void {
    window.clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }

  async undo(id: number): Promise<void> {
    const toast = this.items.find((one) => one.id === id);
    if (!toast?.undo) return;
    this.dismiss(id);
    await toast.undo();
  }

  /** What `z` does: the newest that can be taken back. */
  async undoLast(): Promise<void> {
    const toast = this.items.findLast((one) => one.undo);
    if (toast) await this.undo(toast.id);
  }

  say(text: string): void {
    // The same words twice would not be read a second time.
    this.spoken = text === this.spoken ? `${text}\u00a0` : text;
  }

  /** A failure in the user's language. */
  fail(error: unknown): void {
    this.error(words(error));
  }

  /** Do something that may fail, which is told; true when it was done. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }
}

/** The words for an error: the server's own sentence where there is one. */
export function words(error: unknown): string {
  const { kind, message } = error as { kind?: string; message?: string };
  if (kind === "network") return i18n.t.errors.network;
  if (kind === undefined) return i18n.t.errors.unexpected;
  return message !== undefined && message !== "" ? message : i18n.t.errors.unexpected;
}

/** What is said in the place of what could not be loaded. */
export function notLoaded(what: string, error: unknown): string {
  return `${i18n.t.errors.notLoaded(what)} ${words(error)}`;
}

export const toasts = new Toasts();
