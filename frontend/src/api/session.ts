/** Logging in and out, and oneself. */

import { get, patch, post, put, remove } from "./call";
import { cookie } from "./http";
import type { Me } from "./types";

/** The readable half of a session's cookies is there: worth asking who one is. */
export const hasSession = () => cookie("mailnode_refresh_csrf") !== "";
export const logIn = (name: string, password: string) =>
  post("/sessions", { body: { name, password, cookies: true } });
export const logOut = () => remove("/sessions/current");
export const sessions = () => get("/sessions");
export const endSession = (id: string) => remove("/sessions/{session_id}", { path: { session_id: id } });

export const me = () => get("/me");
export const changeMe = (body: { name?: string; language?: "zh-CN" | "en"; settings?: Me["settings"] }) =>
  patch("/me", { body });
export const changePassword = (old_password: string, new_password: string) =>
  put("/me/password", { body: { old_password, new_password } });
export const recipients = (q: string) => get("/me/recipients", { query: { q } });

export const server = () => get("/server");
