/**
 * One draft being written: saved one second after a pause, sent with a delay during which the server holds it.
 *
 * Every change is copied to the browser's storage at once and erased there when the server has it, so that neither a
 * crash nor a lost connection loses a sentence. Saves never overlap: the next waits for the one before it.
 */

import * as api from "@/api/drafts";
import type { Problem } from "@/api/http";
import type { Addr, AttachmentIn, Draft, DraftIn } from "@/api/types";
import { i18n } from "@/i18n/index.svelte";

import { compose, rescueKey } from "./compose.svelte";
import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";
import { Uploads } from "./uploads.svelte";

const PAUSE = 1000; // ms of rest before a save
const RETRY = 5000; // ms after a save that failed

export interface Body {
  html: string;
  text: string;
}

/** A draft as it begins; files of other messages may say their names, which the server is not asked for. */
export type Begin = Omit<DraftIn, "attachments"> &
  Partial<Pick<Draft, "id" | "version" | "updated_at">> & {
    attachments?: (
      (AttachmentIn & { name?: string; type?: string; size?: number }) | Draft["attachments"][number]
    )[];
  };

type Kept = Pick<DraftIn, "in_reply_to" | "references" | "answers" | "forwards" | "reply_to">;

export class DraftEditor {
  from = $state<Addr>({ name: "", address: "" });
  to = $state.raw<Addr[]>([]);
  cc = $state.raw<Addr[]>([]);
  bcc = $state.raw<Addr[]>([]);
  subject = $state("");
  savedAt = $state<Date | null>(null);
  state = $state<"clean" | "dirty" | "saving" | "failed" | "conflict" | "sending">("clean");
  uploads: Uploads;

  #id: string | null = null;
  #version = 0;
  #kept: Kept;
  #body: () => Body = () => ({ html: "", text: "" });
  #timer = 0;
  #running: Promise<void> = Promise.resolve();
  #key: string;
  #changes = 0;
  #sending: Promise<void> | null = null;
  #sent = false;

  constructor(key: string, start: Begin) {
    this.#key = rescueKey(key);
    this.uploads = new Uploads(() => { this.touch(); }); // prettier-ignore
    const me = session.me;
    this.from = start.from ?? { name: me?.name ?? "", address: me?.address ?? "" };
    this.to = start.to ?? [];
    this.cc = start.cc ?? [];
    this.bcc = start.bcc ?? [];
    this.subject = start.subject ?? "";
    const { in_reply_to, references, answers, forwards, reply_to } = start;
    this.#kept = { in_reply_to, references, answers, forwards, reply_to } as Kept;
    if (start.id !== undefined && start.version !== undefined) {
      this.#id = start.id;
      this.#version = start.version;
      this.savedAt = start.updated_at ? new Date(start.updated_at) : null;
    }
    this.uploads.start(start.attachments ?? []);
  }

  /** The editor tells how to get what is written. */
  reads(body: () => Body): void {
    this.#body = body;
  }

  get empty(): boolean {
    return this.#id === null && this.state === "clean";
  }

  /** Something was changed: keep a copy here now, and on the server after a pause. */
  touch(): void {
    if (this.#sent) return;
    this.#changes += 1;
    if (this.state !== "conflict" && this.state !== "sending") this.state = "dirty";
    this.#rescue();
    this.#later(PAUSE);
  }

  #later(pause: number): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.flush().catch(() => undefined), pause);
  }

  #rescue(): void {
    try {
      localStorage.setItem(
        this.#key,
        JSON.stringify({ ...this.#content(), id: this.#id, version: this.#version }),
      );
    } catch {
      // Storage full or forbidden: the server's copy a second later must do.
    }
  }

  #content(): DraftIn {
    const { html, text } = this.#body();
    const { from, to, cc, bcc, subject } = this;
    const filled = Object.fromEntries(
      Object.entries(this.#kept).filter(([, value]) => value !== undefined && value !== null),
    );
    return { ...filled, from, to, cc, bcc, subject, html, text, attachments: this.uploads.sendable(html) };
  }

  /** Save what is unsaved; raises what hindered it. */
  flush(): Promise<void> {
    window.clearTimeout(this.#timer);
    this.#running = this.#running.catch(() => undefined).then(() => this.#save());
    return this.#running;
  }

  async #save(): Promise<void> {
    if (this.state !== "dirty" && this.state !== "failed" && this.state !== "sending") return;
    if (this.#changes === 0 && this.#id !== null) return;
    const sending = this.state === "sending";
    if (!sending) this.state = "saving";
    const changes = this.#changes;
    try {
      const content = this.#content();
      const draft =
        this.#id === null ? await api.create(content) : await api.save(this.#id, this.#version, content);
      this.#take(draft);
      if (this.#changes === changes) {
        localStorage.removeItem(this.#key);
        if (!sending) this.state = "clean";
      }
    } catch (error) {
      this.state = (error as Problem).kind === "precondition-failed" ? "conflict" : "failed";
      if (this.state === "failed") this.#later(RETRY);
      throw error;
    }
  }

  #take(draft: Draft): void {
    this.#id = draft.id;
    this.#version = draft.version;
    this.savedAt = new Date(draft.updated_at);
    this.uploads.saved(draft.attachments);
  }

  /** After a conflict: overwrite the other version with this one. */
  async keepMine(): Promise<void> {
    if (this.#id === null) return;
    this.#version = (await api.read(this.#id)).version;
    this.state = "dirty";
    await this.flush();
  }

  /** After a conflict: the other version, for a new composer. */
  async theirs(): Promise<Draft | null> {
    localStorage.removeItem(this.#key);
    return this.#id === null ? null : api.read(this.#id);
  }

  /** Hand it to the server, which holds it: the composer can close then. Throws when it is refused. Who is impatient
   * waits for the same. */
  send(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #send(): Promise<void> {
    const before = this.state;
    const changes = this.#changes;
    this.state = "sending";
    try {
      await this.flush();
      const delay = session.preferences.undoSeconds;
      const submission = await api.send(this.#id ?? "", delay);
      this.#sent = true; // what was still written meanwhile has nowhere to go
      window.clearTimeout(this.#timer);
      localStorage.removeItem(this.#key);
      const held = submission.cancellable ? submission.id : null;
      toasts.show(i18n.t.compose.sent, {
        stay: Math.max(delay, 3) * 1000,
        undo: held === null ? undefined : () => unsend(held),
      });
    } catch (error) {
      if (this.state === "sending")
        this.state = before === "clean" && this.#changes === changes ? "clean" : "dirty";
      throw error;
    }
  }

  async discard(): Promise<void> {
    window.clearTimeout(this.#timer);
    await this.#running.catch(() => undefined);
    localStorage.removeItem(this.#key);
    if (this.#id === null) return;
    const id = this.#id;
    try {
      await api.erase(id);
      toasts.show(i18n.t.compose.discarded);
    } catch (error) {
      toasts.fail(error);
    }
  }

  /** The composer closes and the draft stays. */
  async leave(): Promise<void> {
    window.clearTimeout(this.#timer);
    if (this.state === "dirty" || this.state === "failed") await this.flush().catch((error: unknown) => { toasts.fail(error); }); // prettier-ignore
  }
}

async function unsend(submission: string): Promise<void> {
  try {
    const draft = await api.unsend(submission);
    compose.open({ kind: "draft", draft });
    toasts.say(i18n.t.compose.unsent);
  } catch (error) {
    if ((error as Problem).kind === "already-sent") toasts.error(i18n.t.compose.tooLate);
    else toasts.fail(error);
  }
}

/** What a crash left behind, or null when it cannot be read. */
export function rescued(key: string): Begin | null {
  const text = localStorage.getItem(key);
  localStorage.removeItem(key);
  try {
    const kept = JSON.parse(text ?? "null") as Begin | null;
    if (kept && !kept.id) {
      delete kept.id;
      delete kept.version;
    }
    return kept;
  } catch {
    return null;
  }
}
