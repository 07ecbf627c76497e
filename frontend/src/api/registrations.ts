/** Signing up, and what administrators do with those who wait. */

import { get, post, remove } from "./call";

export interface Wish {
  local_part: string;
  domain: string;
  password: string;
  name: string;
  language: "zh-CN" | "en";
  altcha: string;
}

export const openDomains = () => get("/registrations/domains");
export const challenge = () => get("/registrations/challenge");
export const register = (wish: Wish) => post("/registrations", { body: wish });

export const list = (q: string, cursor: string | null) => get("/registrations", { query: { q, cursor } });
export const approve = (id: number) =>
  post("/registrations/{registration_id}/approval", { path: { registration_id: id } });
export const refuse = (id: number) =>
  remove("/registrations/{registration_id}", { path: { registration_id: id } });
