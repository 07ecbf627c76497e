import { beforeEach, expect, test, vi } from "vitest";

import { get, post, sessionEnded } from "@/api/http";

import { problem, Server } from "./server";

let server: Server;

beforeEach(() => {
  server = new Server();
  document.cookie = "mailnode_csrf=token-1";
  document.cookie = "mailnode_refresh_csrf=token-2";
});

test("changes carry the double-submit header, reading does not", async () => {
  server.on("POST /x", () => ({}));
  server.on("GET /x", () => ({}));
  await post("/x");
  await get("/x");
  expect(server.asked.map(({ headers }) => headers.get("X-CSRF-Token"))).toEqual(["token-1", null]);
});

test("an old session is refreshed once for all that wait, and the requests are sent again", async () => {
  let fresh = false;
  server.on("GET /me", () => (fresh ? { id: 1 } : problem(401, "unauthorized")));
  server.on("POST /sessions/refresh", () => {
    fresh = true;
    return { expires_in: 900 };
  });
  const answers = await Promise.all([get<{ id: number }>("/me"), get<{ id: number }>("/me")]);
  expect(answers.map(({ id }) => id)).toEqual([1, 1]);
  const refreshes = server.asked.filter(({ path }) => path === "/sessions/refresh");
  expect(refreshes).toHaveLength(1);
  expect(refreshes[0]?.headers.get("X-CSRF-Token")).toBe("token-2");
});

test("a session that is over is said once and the problem is raised", async () => {
  const ended = vi.fn();
  sessionEnded(ended);
  server.on("GET /me", () => problem(401, "unauthorized"));
  server.on("POST /sessions/refresh", () => problem(401, "unauthorized"));
  await expect(get("/me")).rejects.toMatchObject({ status: 401, kind: "unauthorized" });
  expect(ended).toHaveBeenCalledOnce();
});

test("false credentials are no reason to refresh", async () => {
  server.on("POST /sessions", () => problem(401, "bad-credentials"));
  await expect(post("/sessions", {})).rejects.toMatchObject({ kind: "bad-credentials" });
  expect(server.asked).toHaveLength(1);
});

test("no answer at all is a problem of its own kind", async () => {
  globalThis.fetch = () => Promise.reject(new TypeError("no network"));
  await expect(get("/me")).rejects.toMatchObject({ kind: "network", status: 0 });
});
