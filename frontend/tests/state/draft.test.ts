import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { compose } from "@/state/compose.svelte";
import { DraftEditor, rescued } from "@/state/draft.svelte";
import { session } from "@/state/session.svelte";
import { toasts } from "@/state/toasts.svelte";

import { problem, Server } from "./server";

let server: Server;
let saved: Record<string, unknown>[];

function stored(body: unknown, version: number): Record<string, unknown> {
  return {
    ...(body as object),
    id: "d1",
    version,
    updated_at: "2026-01-01T10:00:00Z",
    message_id: "m1",
    attachments: [],
  };
}

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  compose.windows = [];
  server = new Server();
  saved = [];
  server.on("POST /drafts", ({ body }) => {
    saved.push(body as Record<string, unknown>);
    return stored(body, 1);
  });
  server.on("PUT /drafts/d1", ({ body, headers }) => {
    saved.push({ ...(body as object), match: headers.get("If-Match") });
    return stored(body, 2);
  });
});

afterEach(() => {
  vi.useRealTimers();
});

function draft(): DraftEditor {
  const editor = new DraftEditor("k1", { to: [{ name: "", address: "bo@example.test" }] });
  editor.reads(() => ({ html: "<div>hello</div>", text: "hello\n" }));
  return editor;
}

test("it is saved one second after the last change, once", async () => {
  const editor = draft();
  editor.touch();
  await vi.advanceTimersByTimeAsync(900);
  editor.touch();
  await vi.advanceTimersByTimeAsync(900);
  expect(saved).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(200);
  expect(saved).toHaveLength(1);
  expect(editor.state).toBe("clean");
});

test("the second save names the version it changes", async () => {
  const editor = draft();
  editor.touch();
  await vi.advanceTimersByTimeAsync(1100);
  editor.subject = "more";
  editor.touch();
  await vi.advanceTimersByTimeAsync(1100);
  expect(saved[1]).toMatchObject({ subject: "more", match: '"1"' });
});

test("what the server does not have yet survives here", () => {
  draft().touch();
  const key = Object.keys(localStorage).find((one) => one.startsWith("mailnode.draft."));
  expect(rescued(key ?? "")).toMatchObject({
    html: "<div>hello</div>",
    to: [{ address: "bo@example.test" }],
  });
});

test("a saved draft leaves nothing behind", async () => {
  draft().touch();
  await vi.advanceTimersByTimeAsync(1100);
  expect(Object.keys(localStorage).filter((one) => one.startsWith("mailnode.draft."))).toEqual([]);
});

test("a failed save is tried again", async () => {
  server.on("POST /drafts", () => 500);
  const editor = draft();
  editor.touch();
  await vi.advanceTimersByTimeAsync(1100);
  expect(editor.state).toBe("failed");
  server.on("POST /drafts", ({ body }) => stored(body, 1));
  await vi.advanceTimersByTimeAsync(5100);
  expect(editor.state).toBe("clean");
});

test("somebody else's save is a conflict, not overwritten", async () => {
  const editor = draft();
  editor.touch();
  await vi.advanceTimersByTimeAsync(1100);
  server.on("PUT /drafts/d1", () => problem(412, "precondition-failed"));
  editor.touch();
  await vi.advanceTimersByTimeAsync(1100);
  expect(editor.state).toBe("conflict");
});

test("sending saves first; undo brings the draft back into a composer", async () => {
  server.on("POST /drafts/d1/send", () => ({
    id: "s1",
    draft_id: "d1",
    send_at: null,
    cancellable: true,
    sent_message_id: "m2",
  }));
  server.on("DELETE /submissions/s1", () => stored({ subject: "back" }, 3));
  const editor = draft();
  await editor.send();
  expect(saved).toHaveLength(1);
  await toasts.undoLast();
  expect(compose.windows[0]?.start).toMatchObject({ kind: "draft", draft: { subject: "back" } });
});

test("who presses twice sends once, and what was typed meanwhile is not saved for ever", async () => {
  let answer = (): void => undefined;
  const sends = vi.fn(
    () =>
      new Promise((resolve) => {
        answer = () => {
          resolve({ id: "s1", draft_id: "d1", send_at: null, cancellable: false });
        };
      }),
  );
  server.on("POST /drafts/d1/send", sends);
  const editor = draft();
  const both = [editor.send(), editor.send()];
  await vi.waitFor(
    () => {
      expect(sends).toHaveBeenCalled();
    },
    { timeout: 30_000 },
  );
  editor.touch();
  answer();
  await Promise.all(both);
  editor.touch();
  const before = saved.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sends).toHaveBeenCalledTimes(1);
  expect(saved).toHaveLength(before);
  expect(Object.keys(localStorage).filter((one) => one.startsWith("mailnode.draft."))).toEqual([]);
});

test("what was typed while a sending failed is saved", async () => {
  server.on("POST /drafts/d1/send", () => problem(422, "no-such-recipient"));
  const editor = draft();
  editor.touch();
  await vi.advanceTimersByTimeAsync(1100);
  const sent = editor.send();
  editor.touch();
  await expect(sent).rejects.toMatchObject({ kind: "no-such-recipient" });
  const before = saved.length;
  await vi.advanceTimersByTimeAsync(1100);
  expect(saved.length).toBeGreaterThan(before);
  expect(editor.state).toBe("clean");
});

test("what another user of this browser has left behind is nobody else's", () => {
  const me = { address: "anna@example.test", addresses: ["anna@example.test", "info@example.test"] };
  session.me = me as typeof session.me;
  for (const address of ["anna@example.test", "info@example.test", "bo@example.test"]) {
    localStorage.setItem(`mailnode.draft.${address}`, JSON.stringify({ from: { name: "", address } }));
  }
  localStorage.setItem("mailnode.draft.broken", "{");
  compose.rescue();
  session.me = null;
  expect(compose.windows.map(({ start }) => start)).toEqual([
    { kind: "rescued", key: "mailnode.draft.anna@example.test" },
    { kind: "rescued", key: "mailnode.draft.info@example.test" },
  ]);
});

test("a refused recipient is told to whoever sends, and the draft stays", async () => {
  server.on("POST /drafts/d1/send", () => problem(422, "no-such-recipient"));
  const editor = draft();
  await expect(editor.send()).rejects.toMatchObject({ kind: "no-such-recipient" });
  expect(editor.state).not.toBe("sending");
});
