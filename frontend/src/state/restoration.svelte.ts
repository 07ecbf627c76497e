/** Bringing mail back: first a look at what would change, then the change itself. */

import { restore, type Restoration, type Wanted } from "@/api/restorations";

import { toasts } from "./toasts.svelte";

export class Restoring {
  /** What a look has found; null before one, and again when something else is asked for. */
  found = $state.raw<Restoration | null>(null);
  busy = $state(false);

  forget(): void {
    this.found = null;
  }

  async look(wanted: Wanted): Promise<void> {
    this.found = await this.#ask({ ...wanted, dry_run: true });
  }

  /** True when it was done. */
  async put(wanted: Wanted): Promise<boolean> {
    const done = await this.#ask({ ...wanted, dry_run: false });
    if (done) this.found = null;
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
