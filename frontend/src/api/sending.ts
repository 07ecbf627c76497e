/** What may be sent, what stands still, who is not written to, and orders about the queue. */

import { get, post, remove } from "./call";
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
export const destinations = () => get("/queue/destinations");
export const order = (what: Order, chosen: Chosen) =>
  post("/queue/orders", { body: { order: what, ...chosen } });
