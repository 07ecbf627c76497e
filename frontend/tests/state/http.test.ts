import { beforeEach, expect, test, vi } from "vitest";

import { ask, sessionEnded } from "@/api/http";

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
  await ask("POST", "/x");
  await ask("GET", "/x");
  expect(server.asked.map(({ headers }) => headers.get("X-CSRF-Token"))).toEqual(["token-1", null]);
});

test("an old session is refreshed once for all that wait, and the requests are sent again", async () => {
  let fresh = false;
  server.on("GET /me", () => (fresh ? { id: 1 } : problem(401, "unauthorized")));
  server.on("POST /sessions/refresh", () => {
    fresh = true;
    return { expires_in: 900 };
  });
  const answers = await Promise.all([ask<{ id: number }>("GET", "/me"), ask<{ id: number }>("GET", "/me")]);
  expect(answers.map(({ value }) => value.id)).toEqual([1, 1]);
  const refreshes = server.asked.filter(({ path }) => path === "/sessions/refresh");
  expect(refreshes).toHaveLength(1);
  expect(refreshes[0]?.headers.get("X-CSRF-Token")).toBe("token-2");
});

test("a session that is over is said once and the problem is raised", async () => {
  const ended = vi.fn();
  sessionEnded(ended);
  server.on("GET /me", () => problem(401, "unauthorized"));
  server.on("POST /sessions/refresh", () => problem(401, "unauthorized"));
  await expect(ask("GET", "/me")).rejects.toMatchObject({ status: 401, kind: "unauthorized" });
  expect(ended).toHaveBeenCalledOnce();
});

test("false credentials are no reason to refresh", async () => {
  server.on("POST /sessions", () => problem(401, "bad-credentials"));
  await expect(ask("POST", "/sessions", { body: {} })).rejects.toMatchObject({ kind: "bad-credentials" });
  expect(server.asked).toHaveLength(1);
});

test("what was wrong with a request is told behind the title", async () => {
  const errors = [{ pointer: "#/q", detail: "has:what is not known" }];
  const body = { type: "/problems/invalid", title: "Not so", status: 422, errors };
  server.on("GET /search", () => Response.json(body, { status: 422 }));
  await expect(ask("GET", "/search")).rejects.toMatchObject({
    message: "Not so has:what is not known",
    errors,
  });
});

test("no answer at all is a problem of its own kind", async () => {
  globalThis.fetch = () => Promise.reject(new TypeError("no network"));
  await expect(ask("GET", "/me")).rejects.toMatchObject({ kind: "network", status: 0 });
});
