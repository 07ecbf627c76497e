/** The open message. Bodies that were read or will probably be read next are kept, so that they open at once. */

import { imageProxy, rawAddress, read } from "@/api/messages";
import type { Message } from "@/api/types";

import { session } from "./session.svelte";
import { words } from "./toasts.svelte";

export { rawAddress };
export const IMAGE_PROXY = imageProxy;

const KEPT = 40;

class Reader {
  id = $state<string | null>(null);
  message = $state.raw<Message | null>(null);
  failure = $state("");
  /** Remote pictures were asked for, for this message only. */
  imagesShown = $state(false);

  #cache = new Map<string, Promise<Message>>();

  async open(id: string | null): Promise<void> {
    if (id === this.id && (this.message || id === null)) return;
    if (id !== this.id) this.failure = "";
    this.id = id;
    this.imagesShown = false;
    if (id === null) {
      this.message = null;
      return;
    }
    try {
      const message = await this.#get(id);
      if (this.id !== id) return;
      this.message = message;
      this.failure = "";
    } catch (error) {
      if (this.id !== id) return;
      this.message = null;
      this.failure = words(error);
    }
  }

  /** Fetch what will probably be opened next. */
  prefetch(ids: readonly string[]): void {
    for (const id of ids) void this.#get(id).catch(() => undefined);
  }

  fetch(id: string): Promise<Message> {
    return this.#get(id);
  }

  forget(id: string): void {
    this.#cache.delete(id);
  }

  rename(ids: Readonly<Record<string, string>>): void {
    for (const [old, now] of Object.entries(ids)) {
      const kept = this.#cache.get(old);
      if (!kept) continue;
      this.#cache.delete(old);
      this.#cache.set(now, kept.then((message) => ({ ...message, id: now }))); // prettier-ignore
    }
  }

  setFlags(flags: ReadonlyMap<string, readonly string[]>): void {
    for (const [id, now] of flags) {
      const kept = this.#cache.get(id);
      if (kept) this.#cache.set(id, kept.then((message) => ({ ...message, flags: [...now] }))); // prettier-ignore
      if (this.message?.id === id) this.message = { ...this.message, flags: [...now] };
    }
  }

  get imagesAllowed(): boolean {
    const from = this.message?.from[0]?.address.toLowerCase() ?? "";
    const { images, imageSenders, imageDomains } = session.preferences;
    return (
      this.imagesShown ||
      images === "always" ||
      imageSenders.includes(from) ||
      imageDomains.includes(from.slice(from.lastIndexOf("@") + 1))
    );
  }

  #get(id: string): Promise<Message> {
    let kept = this.#cache.get(id);
    if (kept)
      this.#cache.delete(id); // set again below: the newest use stands last
    else {
      kept = read(id);
      kept.catch(() => this.#cache.delete(id));
    }
    this.#cache.set(id, kept);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= KEPT) break;
      this.#cache.delete(oldest);
    }
    return kept;
  }
}

export const reader = new Reader();
