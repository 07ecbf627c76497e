import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { ActionBody } from "@/api/types";
import { actions } from "@/state/actions.svelte";
import { list } from "@/state/list.svelte";
import { toasts } from "@/state/toasts.svelte";
import { withUnanswered } from "@/state/turns";

import { row } from "./server";

/** What the server was asked, in order; each is answered when the test wants it. */
let asked: { body: ActionBody; answer: (status: number) => Promise<void> }[];

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve));
}

/** What takes an answer back, as the server says it. */
function undo({ ids, action, ...change }: ActionBody): ActionBody {
  const { add, remove } = change as { add?: string[]; remove?: string[] };
  return { action, ids, ...(add ? { remove: add } : { add: remove }) } as ActionBody;
}

beforeEach(() => {
  asked = [];
  globalThis.fetch = (_, init) =>
    new Promise((resolve) => {
      const body = JSON.parse(init?.body as string) as ActionBody;
      const answer = async (status: number): Promise<void> => {
        const ids = Object.fromEntries(body.ids.map((id) => [id, id]));
        resolve(Response.json({ ids, missing: [], modseq: 2, undo: [undo(body)] }, { status }));
        await settled();
      };
      asked.push({ body, answer });
    });
  list.source = null;
  list.ids = ["2", "1"];
  list.learn([row("1"), row("2")]);
  for (const { id } of toasts.items) toasts.dismiss(id);
});

afterEach(() => {
  vi.useRealTimers();
});

const bodies = (): ActionBody[] => asked.map(({ body }) => body);
const flags = (id: string): readonly string[] | undefined => list.row(id)?.flags;

test("what is asked for a message waits for what was asked for it before", async () => {
  void actions.star(["1"], true);
  void actions.star(["1"], false);
  await settled();
  expect(bodies()).toEqual([{ action: "flag", ids: ["1"], add: ["\\Flagged"] }]);
  expect(flags("1")).toEqual([]);
  await asked[0]?.answer(200);
  expect(bodies()[1]).toEqual({ action: "flag", ids: ["1"], remove: ["\\Flagged"] });
  await asked[1]?.answer(200);
});

test("messages do not wait for others", async () => {
  void actions.star(["1"], true);
  void actions.star(["2"], true);
  await settled();
  expect(asked.length).toBe(2);
  for (const { answer } of asked) await answer(200);
});

test("after a refusal the next one goes all the same", async () => {
  void actions.star(["1"], true);
  void actions.read(["1"], true);
  await asked[0]?.answer(500);
  await asked[1]?.answer(200);
  expect(flags("1")).toEqual(["\\Seen"]);
});

test("what the stream tells of the first change does not hide the second", async () => {
  void actions.star(["1"], true);
  void actions.star(["1"], false);
  await asked[0]?.answer(200);
  expect(withUnanswered("1", ["\\Flagged", "\\Seen"])).toEqual(["\\Seen"]);
  await asked[1]?.answer(200);
  expect(withUnanswered("1", ["\\Flagged", "\\Seen"])).toEqual(["\\Flagged", "\\Seen"]);
});

test("an undo asked for before the answer comes in its turn", async () => {
  void actions.star(["1"], true);
  void toasts.undoLast();
  void actions.star(["1"], true);
  await asked[0]?.answer(200);
  expect(bodies()[1]).toEqual({ action: "flag", ids: ["1"], remove: ["\\Flagged"] });
  expect(flags("1")).toEqual(["\\Flagged"]);
  await asked[1]?.answer(200);
  expect(bodies()[2]).toEqual({ action: "flag", ids: ["1"], add: ["\\Flagged"] });
  await asked[2]?.answer(200);
});

test("an undo takes back its own mark only", async () => {
  void actions.star(["1"], true);
  const star = toasts.items.at(-1);
  void actions.read(["1"], true);
  if (star) void toasts.undo(star.id);
  expect(flags("1")).toEqual(["\\Seen"]);
  for (const at of [0, 1, 2]) await asked[at]?.answer(200);
});

test("one that hangs holds the next one back for a while only", async () => {
  vi.useFakeTimers();
  void actions.star(["1"], true);
  void actions.star(["1"], false);
  await vi.advanceTimersByTimeAsync(14_000);
  expect(asked.length).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(asked.length).toBe(2);
});

test("a row that was fetched before the change does not hide it", async () => {
  void actions.star(["1"], true);
  list.learn([row("1")]);
  expect(flags("1")).toEqual(["\\Flagged"]);
  await asked[0]?.answer(200);
});
