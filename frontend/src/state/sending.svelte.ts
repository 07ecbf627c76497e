/** Sending as administrators see it: each list is fetched as a whole and again after every change. */

import * as sending from "@/api/sending";

import { toasts } from "./toasts.svelte";

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
  #fetch: () => Promise<T>;

  constructor(fetch: () => Promise<T>) {
    this.#fetch = fetch;
  }

  async load(): Promise<void> {
    await toasts.attempt(async () => {
      this.value = await this.#fetch();
    });
  }

  /** Do something and show what is there then; true when it was done. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    const done = await toasts.attempt(work);
    if (done) await this.load();
    return done;
  }
}
