/** Signing up, and what administrators do with those who wait. */

import { get, post, remove } from "./http";
import type { Page, Registration } from "./types";

export interface Wish {
  local_part: string;
  domain: string;
  password: string;
  name: string;
  language: string;
  altcha: string;
}

export interface OpenDomain {
  name: string;
  policy: "open" | "approval";
}

export const openDomains = (): Promise<{ items: OpenDomain[] }> => get("/registrations/domains");
export const challenge = <T>(): Promise<T> => get("/registrations/challenge");
export const register = (wish: Wish): Promise<{ status: "created" | "waiting"; address: string }> =>
  post("/registrations", wish);

export const list = (q: string, cursor: string | null): Promise<Page<Registration>> =>
  get("/registrations", { q, cursor });
export const approve = (id: number): Promise<undefined> => post(`/registrations/${id}/approval`);
export const refuse = (id: number): Promise<undefined> => remove(`/registrations/${id}`);
