/** What may be sent, what stands still, who is not written to, and orders about the queue. */

import { get, patch, post, put, remove } from "./call";
import type { components } from "./schema";

type Shape = components["schemas"];
export type Sending = Shape["SendingOut"];
export type Frozen = Shape["FrozenOut"];
export type Suppressed = Shape["SuppressionOut"];
export type Complaint = Shape["ComplaintOut"];
export type Destination = Shape["DestinationOut"];
export type Order = Shape["QueueOrderIn"]["order"];
export type Chosen = Partial<Record<"recipient" | "destination" | "user", string>>;

export const mine = () => get("/me/sending");
export const frozen = () => get("/sending/frozen");
export const freeze = (kind: Frozen["kind"], name: string) =>
  post("/sending/frozen", { body: { kind, name } });
export const release = (kind: Frozen["kind"], name: string) =>
  post("/sending/release", { body: { kind, name } });
export const suppressed = (q: string, cursor: string | null) =>
  get("/sending/suppressed", { query: { q, cursor } });
export const lift = (id: number) =>
  remove("/sending/suppressed/{suppression_id}", { path: { suppression_id: id } });
export const complaints = () => get("/sending/complaints");
export type Limits = Shape["LimitsIn"];
export type TlsResult = Shape["TlsResultOut"];

export const ofUser = (id: number) => get("/users/{user_id}/sending", { path: { user_id: id } });
export const limitUser = (id: number, body: Limits) =>
  patch("/users/{user_id}/sending", { path: { user_id: id }, body });
export const ofDomain = (name: string) => get("/domains/{name}/sending", { path: { name } });
export const limitDomain = (name: string, body: { each: Limits; together: Limits }) =>
  patch("/domains/{name}/sending", { path: { name }, body });
export const tls = (failed: boolean, cursor: string | null) =>
  get("/queue/tls", { query: { failed, cursor } });

export const filter = () => get("/me/filter");
export const forgetFilter = () => remove("/me/filter");

export type Transport = Shape["TransportOut"];
export type TransportBody = Shape["TransportIn"];

export const transports = () => get("/transports");
/** The first of a pattern replaces none. */
export const addTransport = (pattern: string, body: TransportBody) =>
  put("/transports/{pattern}", { path: { pattern }, body, headers: { "If-None-Match": "*" } });
export const setTransport = (pattern: string, body: TransportBody) =>
  put("/transports/{pattern}", { path: { pattern }, body });
export const removeTransport = (pattern: string) => remove("/transports/{pattern}", { path: { pattern } });

export const destinations = () => get("/queue/destinations");
export const order = (what: Order, chosen: Chosen) =>
  post("/queue/orders", { body: { order: what, ...chosen } });
