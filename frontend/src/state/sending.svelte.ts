/** Sending as administrators see it, and what else is fetched as a whole and again after every change. */

import * as sending from "@/api/sending";

import { toasts, words } from "./toasts.svelte";

export type {
  Chosen,
  Complaint,
  Destination,
  Frozen,
  Limits,
  Order,
  Sending,
  Suppressed,
  TlsResult,
  Transport,
} from "@/api/sending";
export { sending };

export class Fetched<T> {
  value = $state.raw<T | null>(null);
  /** Why the last load failed; what was there before it stays. */
  failure = $state("");
  #fetch: () => Promise<T>;
  #turn = 0;

  constructor(fetch: () => Promise<T>) {
    this.#fetch = fetch;
  }

  async load(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    try {
      const value = await this.#fetch();
      if (turn !== this.#turn) return; // asked for anew meanwhile
      this.value = value;
      this.failure = "";
    } catch (error) {
      if (turn === this.#turn) this.failure = words(error);
    }
  }

  /** Do something and show what is there then. Throws what the work throws. */
  async change(work: () => Promise<unknown>): Promise<void> {
    await work();
    await this.load();
  }

  /** The same with a failure told; true when it was done. */
  attempt(work: () => Promise<unknown>): Promise<boolean> {
    return toasts.attempt(() => this.change(work));
  }
}
