/** Which composers are open. Small, because it is part of the first load; the composer itself is a chunk of its own. */

import { openMessage } from "@/api/drafts";
import type { Addr, Draft, Message } from "@/api/types";

import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";

export type Start =
  | { kind: "new"; to: Addr[]; subject: string }
  | { kind: "reply" | "replyAll" | "forward"; message: Message }
  | { kind: "draft"; draft: Draft }
  | { kind: "rescued"; key: string };

export interface Window {
  key: string;
  start: Start;
  minimised: boolean;
  full: boolean;
}

const MOST = 3;
const RESCUE = "mailnode.draft.";

class Compose {
  windows = $state<Window[]>([]);

  open(start: Start): void {
    if (start.kind === "draft") {
      const open = this.windows.find(
        (one) => one.start.kind === "draft" && one.start.draft.id === start.draft.id,
      );
      if (open) {
        open.minimised = false;
        return;
      }
    }
    if (this.windows.length >= MOST) {
      const oldest = this.windows.find((one) => !one.minimised);
      if (oldest) oldest.minimised = true;
      if (this.windows.length >= MOST + 2) return;
    }
    this.windows.push({ key: crypto.randomUUID(), start, minimised: false, full: false });
  }

  write(to: Addr[] = [], subject = ""): void {
    this.open({ kind: "new", to, subject });
  }

  /** A message of the Drafts mailbox becomes a draft again; any other one is the model of a new message. */
  async edit(message: string): Promise<void> {
    try {
      this.open({ kind: "draft", draft: await openMessage(message) });
    } catch (error) {
      toasts.fail(error);
    }
  }

  close(key: string): void {
    this.windows = this.windows.filter((one) => one.key !== key);
  }

  /** Drafts of one's own that a crash or a closed tab kept from the server: others may use this browser, too. */
  rescue(): void {
    const mine = [session.me?.address, ...(session.me?.addresses ?? [])];
    const keys = Object.keys(localStorage).filter(
      (key) => key.startsWith(RESCUE) && mine.includes(author(key)),
    );
    for (const key of keys.slice(0, MOST)) this.open({ kind: "rescued", key });
  }
}

export const compose = new Compose();

function author(key: string): string {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "null") as { from?: Addr } | null;
    return kept?.from?.address ?? "";
  } catch {
    return ""; // nobody's
  }
}

/** Where the local copy of an unsaved draft lies. */
export const rescueKey = (key: string): string => RESCUE + key;
