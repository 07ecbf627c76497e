/** What administrators do: domains, users, aliases, the queue. Every change of a known state carries its ETag. */

import { full, get, patch, post, put, remove } from "./call";
import { ROOT } from "./http";
import type { DomainBody, UserBody } from "./types";

export interface Listing {
  q?: string;
  cursor?: string | null;
  domain?: string;
  sort?: string;
}

/** PATCH wants If-Match: the state that was read just before, so that no change made meanwhile is lost unseen. */
const matching = (etag: string | null): Record<string, string> => (etag ? { "If-Match": etag } : {});

const domain = (name: string) => ({ path: { name } });
const user = (id: number) => ({ path: { user_id: id } });
const alias = (id: number) => ({ path: { alias_id: id } });
const kept = (id: number) => ({ path: { quarantined_id: id } });
const queued = (id: number) => ({ path: { queue_id: id } });

export const domains = (how: Listing = {}) => get("/domains", { query: { ...how } });
export const addDomain = (body: DomainBody & { name: string }) => post("/domains", { body });
export async function changeDomain(name: string, body: DomainBody) {
  const { etag } = await full("get", "/domains/{name}", domain(name));
  return patch("/domains/{name}", { ...domain(name), body, headers: matching(etag) });
}
export const removeDomain = (name: string) =>
  remove("/domains/{name}", { ...domain(name), query: { confirm: name } });
export const records = (name: string) => get("/domains/{name}/records", domain(name));
export const checkDns = (name: string) => post("/domains/{name}/check", domain(name));

export const rotateDkim = (name: string) => post("/domains/{name}/dkim-rotation", domain(name));

export const reports = (name: string, kind: "dmarc" | "tls", cursor: string | null = null) =>
  get("/domains/{name}/reports/{kind}", { path: { name, kind }, query: { cursor } });
export const reportSummary = (name: string, kind: "dmarc" | "tls", days: number) =>
  get("/domains/{name}/reports/{kind}/summary", { path: { name, kind }, query: { days } });

export const users = (how: Listing = {}) => get("/users", { query: { ...how } });
export const addUser = (body: UserBody & { address: string; password: string }) => post("/users", { body });
export async function changeUser(id: number, body: UserBody) {
  const { etag } = await full("get", "/users/{user_id}", user(id));
  return patch("/users/{user_id}", { ...user(id), body, headers: matching(etag) });
}
export const setPassword = (id: number, password: string) =>
  put("/users/{user_id}/password", { ...user(id), body: { password } });
export const removeUser = (id: number, address: string) =>
  remove("/users/{user_id}", { ...user(id), query: { confirm: address } });

export const aliases = (how: Listing = {}) => get("/aliases", { query: { ...how } });
export const addAlias = (address: string, targets: string[]) =>
  post("/aliases", { body: { address, targets } });
export async function changeAlias(id: number, targets: string[]) {
  const { etag } = await full("get", "/aliases/{alias_id}", alias(id));
  return patch("/aliases/{alias_id}", { ...alias(id), body: { targets }, headers: matching(etag) });
}
export const removeAlias = (id: number) => remove("/aliases/{alias_id}", alias(id));

/** The part of the queue that is asked for. */
export interface QueueView extends Listing {
  recipient?: string;
  destination?: string;
  user?: string;
  held?: boolean;
}
export const queue = (how: QueueView = {}) => get("/queue", { query: { ...how } });
export const retry = (id: number) => post("/queue/{queue_id}/retry", queued(id));
export const hold = (id: number) => post("/queue/{queue_id}/hold", queued(id));
export const release = (id: number) => post("/queue/{queue_id}/release", queued(id));
export const drop = (id: number) => remove("/queue/{queue_id}", queued(id));

export const quarantine = (how: Listing = {}) => get("/quarantine", { query: { ...how } });
export const keptAddress = (id: number): string => `${ROOT}/quarantine/${String(id)}/raw`;
export const letGo = (id: number) => post("/quarantine/{quarantined_id}/release", kept(id));
export const forget = (id: number) => remove("/quarantine/{quarantined_id}", kept(id));
