/** The tree of mailboxes. */

import { full, get, patch, post, remove } from "./http";
import type { Mailbox } from "./types";

export const list = (): Promise<{ items: Mailbox[]; modseq: number }> => get("/mailboxes");
export const create = (name: string): Promise<Mailbox> => post("/mailboxes", { name });
export const rename = (id: number, name: string): Promise<Mailbox> => patch(`/mailboxes/${id}`, { name });
export const erase = (id: number): Promise<undefined> => remove(`/mailboxes/${id}`);
export const empty = (id: number): Promise<{ removed: number }> => post(`/mailboxes/${id}/empty`);
export const markRead = (id: number): Promise<{ changed: number }> => post(`/mailboxes/${id}/read`);

/** All ids, newest first; undefined when nothing has changed since the ETag. */
export async function order(
  id: number,
  etag: string | null,
): Promise<{ ids?: string[]; etag: string | null }> {
  const headers: Record<string, string> = etag ? { "If-None-Match": etag } : {};
  const answer = await full<{ ids: string[] } | undefined>("GET", `/mailboxes/${id}/order`, { headers });
  return answer.value ? { ids: answer.value.ids, etag: answer.etag } : { etag };
}
