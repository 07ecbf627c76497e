/** Rows, messages, search, and what can be done with many at once. */

import { get, post } from "./call";
import { ROOT } from "./http";
import type { ActionBody, Row } from "./types";

export const MOST_ROWS = 200;
export const MOST_ACTED = 1000;

export const rows = (ids: readonly string[]): Promise<{ items: Row[] }> =>
  get("/messages", { query: { ids: ids.join(",") } });
export const read = (id: string) => get("/messages/{message_id}", { path: { message_id: id } });
export const search = (q: string, mailbox: number | null) =>
  get("/search", { query: { q, mailbox, limit: 1000 } });
export const act = (body: ActionBody) => post("/messages/actions", { body });

export const rawAddress = (id: string): string => `${ROOT}/messages/${encodeURIComponent(id)}/raw`;
export const imageProxy = `${ROOT}/image-proxy?url=`;
