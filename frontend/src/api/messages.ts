/** Rows, messages, search, and what can be done with many at once. */

import { get, post, ROOT } from "./http";
import type { ActionBody, ActionResult, Message, Row, SearchResult } from "./types";

export const MOST_ROWS = 200;
export const MOST_ACTED = 1000;

export const rows = (ids: readonly string[]): Promise<{ items: Row[] }> =>
  get("/messages", { ids: ids.join(",") });
export const read = (id: string, signal?: AbortSignal): Promise<Message> =>
  get(`/messages/${encodeURIComponent(id)}`, {}, signal);
export const search = (q: string, mailbox: number | null, signal?: AbortSignal): Promise<SearchResult> =>
  get("/search", { q, mailbox, limit: 1000 }, signal);
export const act = (body: ActionBody): Promise<ActionResult> => post("/messages/actions", body);

export const rawAddress = (id: string): string => `${ROOT}/messages/${encodeURIComponent(id)}/raw`;
export const imageProxy = `${ROOT}/image-proxy?url=`;
