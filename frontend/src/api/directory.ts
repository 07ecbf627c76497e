/** What administrators do: domains, users, aliases, the queue. Every change of a known state carries its ETag. */

import { full, get, post, put, remove } from "./http";
import type { Alias, DnsCheck, Domain, DomainBody, Page, QueueMessage, User, UserBody } from "./types";

export interface Listing {
  q?: string;
  cursor?: string | null;
  domain?: string;
  sort?: string;
}

/** PATCH wants If-Match: read the present state first, so that a change made elsewhere meanwhile is not lost unseen. */
async function change<T>(path: string, body: unknown): Promise<T> {
  const { etag } = await full("GET", path);
  return (await full<T>("PATCH", path, { body, headers: etag ? { "If-Match": etag } : {} })).value;
}

const part = encodeURIComponent;

export const domains = (how: Listing = {}): Promise<Page<Domain>> => get("/domains", { ...how });
export const addDomain = (body: DomainBody & { name: string }): Promise<Domain> => post("/domains", body);
export const changeDomain = (name: string, body: DomainBody): Promise<Domain> =>
  change(`/domains/${part(name)}`, body);
export const removeDomain = (name: string): Promise<undefined> =>
  remove(`/domains/${part(name)}`, { confirm: name });
export const records = (name: string): Promise<{ zone: string }> => get(`/domains/${part(name)}/records`);
export const checkDns = (name: string): Promise<DnsCheck> => post(`/domains/${part(name)}/check`);

export const users = (how: Listing = {}): Promise<Page<User>> => get("/users", { ...how });
export const addUser = (body: UserBody & { address: string; password: string }): Promise<User> =>
  post("/users", body);
export const changeUser = (id: number, body: UserBody): Promise<User> => change(`/users/${id}`, body);
export const setPassword = (id: number, password: string): Promise<undefined> =>
  put(`/users/${id}/password`, { password });
export const removeUser = (id: number, address: string): Promise<undefined> =>
  remove(`/users/${id}`, { confirm: address });

export const aliases = (how: Listing = {}): Promise<Page<Alias>> => get("/aliases", { ...how });
export const addAlias = (address: string, targets: string[]): Promise<Alias> =>
  post("/aliases", { address, targets });
export const changeAlias = (id: number, targets: string[]): Promise<Alias> =>
  change(`/aliases/${id}`, { targets });
export const removeAlias = (id: number): Promise<undefined> => remove(`/aliases/${id}`);

export const queue = (how: Listing = {}): Promise<Page<QueueMessage>> => get("/queue", { ...how });
export const queueAct = (id: number, act: "retry" | "hold" | "release"): Promise<QueueMessage> =>
  post(`/queue/${id}/${act}`);
export const dropQueued = (id: number): Promise<undefined> => remove(`/queue/${id}`);
