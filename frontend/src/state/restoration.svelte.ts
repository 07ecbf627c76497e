/** Bringing mail back: first a look at what would change, then the change itself. */

import { restore, type Restoration, type Wanted } from "@/api/restorations";

import { toasts } from "./toasts.svelte";

export class Restoring {
  /** What a look has found; null before one, and again when something else is asked for. */
  found = $state.raw<Restoration | null>(null);
  busy = $state(false);
  /** What was asked for, which alone is put back. */
  #wanted: Wanted | null = null;

  forget(): void {
    this.found = this.#wanted = null;
  }

  async look(wanted: Wanted): Promise<void> {
    this.#wanted = wanted;
    const found = await this.#ask({ ...wanted, dry_run: true });
    if (this.#wanted === wanted) this.found = found; // else something else is asked for by now
  }

  /** What the look has told of; true when it was done. */
  async put(): Promise<boolean> {
    if (!this.#wanted || this.busy) return false;
    const done = await this.#ask({ ...this.#wanted, dry_run: false });
    if (done) this.forget();
    return done !== null;
  }

  async #ask(wanted: Wanted): Promise<Restoration | null> {
    this.busy = true;
    try {
      return await restore(wanted);
    } catch (error) {
      toasts.fail(error);
      return null;
    } finally {
      this.busy = false;
    }
  }
}
