/** Logging in and out, and oneself. */

import { cookie, get, patch, post, put, remove } from "./http";
import type { Addr, Me, ServerInfo, Session } from "./types";

/** The readable half of a session's cookies is there: worth asking who one is. */
export const hasSession = (): boolean => cookie("mailnode_refresh_csrf") !== "";
export const logIn = (name: string, password: string): Promise<{ user: Me }> =>
  post("/sessions", { name, password, cookies: true });
export const logOut = (): Promise<undefined> => remove("/sessions/current");
export const sessions = (): Promise<{ items: Session[] }> => get("/sessions");
export const endSession = (id: string): Promise<undefined> => remove(`/sessions/${id}`);

export const me = (): Promise<Me> => get("/me");
export const changeMe = (changes: Partial<Pick<Me, "name" | "language" | "settings">>): Promise<Me> =>
  patch("/me", changes);
export const changePassword = (old_password: string, new_password: string): Promise<undefined> =>
  put("/me/password", { old_password, new_password });
export const recipients = (q: string): Promise<{ items: Addr[] }> => get("/me/recipients", { q });

export const server = (): Promise<ServerInfo> => get("/server");
