/** The tree of mailboxes. */

import { full, get, patch, post, remove } from "./call";

const at = (id: number) => ({ path: { mailbox_id: id } });

export const list = () => get("/mailboxes");
export const create = (name: string) => post("/mailboxes", { body: { name } });
export const rename = (id: number, name: string) =>
  patch("/mailboxes/{mailbox_id}", { ...at(id), body: { name } });
export const erase = (id: number) => remove("/mailboxes/{mailbox_id}", at(id));
export const empty = (id: number) => post("/mailboxes/{mailbox_id}/empty", at(id));
export const markRead = (id: number) => post("/mailboxes/{mailbox_id}/read", at(id));

/** All ids, newest first, or so many; undefined when nothing has changed since the ETag. */
export async function order(
  id: number,
  etag: string | null,
  limit?: number,
): Promise<{ ids?: string[]; etag: string | null; total?: number }> {
  const headers: Record<string, string> = etag ? { "If-None-Match": etag } : {};
  const query = limit === undefined ? {} : { limit };
  const answer = await full("get", "/mailboxes/{mailbox_id}/order", { ...at(id), headers, query });
  if (answer.status === 304) return { etag };
  return { ids: answer.value.ids, etag: answer.etag, total: answer.value.total };
}
