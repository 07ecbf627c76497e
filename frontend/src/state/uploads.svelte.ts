/** The files of one draft: three uploads at once, each with its progress, cancel and retry. */

import * as api from "@/api/drafts";
import type { AttachmentIn, DraftAttachment } from "@/api/types";
import { i18n } from "@/i18n/index.svelte";
import { bytes } from "@/pure/sizes";

import { session } from "./session.svelte";
import { toasts } from "./toasts.svelte";

const AT_ONCE = 3;

export interface Attachment {
  key: number;
  name: string;
  type: string;
  size: number;
  /** Content-ID of a picture that stands in the text. */
  cid: string | null;
  /** Where it lies on the server; null until it is there. */
  source: AttachmentIn | null;
  /** 0 to 1. */
  progress: number;
  failed: boolean;
  file: File | null;
}

export class Uploads {
  items = $state<Attachment[]>([]);
  #next = 1;
  #sent: Attachment[] = [];
  #running = new Map<number, AbortController>();
  #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** What the draft has already, or what a forwarded message brings along. */
  start(
    given: readonly ((AttachmentIn & { name?: string; type?: string; size?: number }) | DraftAttachment)[],
  ): void {
    for (const one of given) {
      const { name = "", type = "", size = 0 } = one;
      const cid = one.cid ?? null;
      const source: AttachmentIn =
        "upload" in one ? { upload: one.upload } : { message: one.message, part: one.part };
      this.#push({
        name,
        type,
        size,
        cid,
        source: cid === null ? source : { ...source, cid },
        progress: 1,
        file: null,
      });
    }
  }

  #push(one: Omit<Attachment, "key" | "failed">): Attachment {
    const key = this.#next;
    this.#next += 1;
    this.items.push({ ...one, key, failed: false });
    return this.items[this.items.length - 1] as Attachment;
  }

  /** Addresses of the pictures in the text, for showing them. */
  get pictures(): Record<string, string> {
    const known = this.items.filter(
      (one) => one.cid !== null && one.source !== null && "upload" in one.source,
    );
    return Object.fromEntries(
      known.map(({ cid, source }) => [cid ?? "", api.uploadAddress((source as { upload: string }).upload)]),
    );
  }

  /** Files from the button, a drop or the clipboard. */
  add(files: Iterable<File>, cid: string | null = null): void {
    const limit = session.server?.upload_size_limit ?? Infinity;
    for (const file of files) {
      if (file.size > limit) {
        toasts.error(i18n.t.compose.tooLarge(file.name, bytes(limit, i18n.language)));
        continue;
      }
      this.#push({ name: file.name, type: file.type, size: file.size, cid, source: null, progress: 0, file });
    }
    this.#changed();
    this.#pump();
  }

  #pump(): void {
    for (const one of this.items) {
      if (this.#running.size >= AT_ONCE) return;
      if (one.source === null && !one.failed && !this.#running.has(one.key)) void this.#upload(one);
    }
  }

  async #upload(one: Attachment): Promise<void> {
    if (!one.file) return;
    const stop = new AbortController();
    this.#running.set(one.key, stop);
    try {
      const done = await api.upload(one.file, (part) => { one.progress = part; }, stop.signal); // prettier-ignore
      one.source = one.cid === null ? { upload: done.id } : { upload: done.id, cid: one.cid };
      one.progress = 1;
      this.#changed();
    } catch (error) {
      if (!(error instanceof DOMException)) {
        one.failed = true;
        toasts.error(i18n.t.compose.uploadFailed(one.name));
      }
    } finally {
      this.#running.delete(one.key);
      this.#pump();
    }
  }

  retry(key: number): void {
    const one = this.items.find((item) => item.key === key);
    if (one) one.failed = false;
    this.#pump();
  }

  remove(key: number): void {
    this.#running.get(key)?.abort();
    this.items = this.items.filter((one) => one.key !== key);
    this.#changed();
  }

  get pending(): boolean {
    return this.items.some((one) => one.source === null);
  }

  /** What is on the server; pictures of the text only as long as the text shows them. */
  sendable(html: string): AttachmentIn[] {
    this.#sent = this.items.filter(
      (one) => one.source !== null && (one.cid === null || html.includes(`cid:${one.cid}`)),
    );
    return this.#sent.flatMap((one) => one.source ?? []);
  }

  /** The server has turned parts of other messages into uploads of its own. */
  saved(now: readonly DraftAttachment[]): void {
    if (this.#sent.length !== now.length) return;
    this.#sent.forEach((one, index) => {
      const there = now[index];
      if (there)
        one.source = there.cid === null ? { upload: there.upload } : { upload: there.upload, cid: there.cid };
    });
  }
}
