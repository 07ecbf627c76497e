import { expect, test } from "vitest";

import { sha256, trySome } from "@/pure/challenge";
import { formatRoute, parseRoute, type Route } from "@/pure/routes";
import { ranged, successor, toggled } from "@/pure/selection";
import { filterByName, treeRows } from "@/pure/tree";

const box = (id: number, name: string, special_use: string | null = null) => ({ id, name, special_use });

test("special mailboxes come first, then names with numbers in order", () => {
  const rows = treeRows(
    [box(1, "Work 10"), box(2, "Trash", "trash"), box(3, "Work 9"), box(4, "INBOX"), box(5, "Sent", "sent")],
    new Set(),
    "en",
  );
  expect(rows.map((row) => row.label)).toEqual(["INBOX", "Sent", "Trash", "Work 9", "Work 10"]);
});

test("levels and folding", () => {
  const all = [box(1, "Work"), box(2, "Work/2026"), box(3, "Work/2026/May"), box(4, "Other/lost")];
  const open = treeRows(all, new Set(), "en");
  expect(open.map((row) => [row.label, row.depth])).toEqual([
    ["Other/lost", 0],
    ["Work", 0],
    ["2026", 1],
    ["May", 2],
  ]);
  expect(treeRows(all, new Set(["Work"]), "en").map((row) => row.label)).toEqual(["Other/lost", "Work"]);
});

test("what others share comes behind the own ones, under a heading for each owner", () => {
  const shared = (id: number, owner: string, name: string) => ({ ...box(id, name), owner });
  const rows = treeRows(
    [
      shared(1, "a.test", "Shared/News"),
      shared(2, "a.test", "Shared/News/Old"),
      shared(3, "zoe@a.test", "Other Users/zoe@a.test/INBOX"),
      box(4, "Work"),
      box(5, "INBOX"),
    ],
    new Set(),
    "en",
  );
  expect(rows.map((row) => [row.label, row.depth, row.heading])).toEqual([
    ["INBOX", 0, null],
    ["Work", 0, null],
    ["News", 0, "a.test"],
    ["Old", 1, null],
    ["INBOX", 0, "zoe@a.test"],
  ]);
});

test("the picker prefers names that begin so", () => {
  const rows = [{ label: "Homework" }, { label: "Work" }];
  expect(filterByName(rows, "work").map((row) => row.label)).toEqual(["Work", "Homework"]);
});

test.each<Route>([
  { page: "login" },
  { page: "mail", mailbox: null, message: null },
  { page: "mail", mailbox: 7, message: "a/b c" },
  { page: "search", query: "from:王 / x", message: "9" },
  { page: "admin", section: "domains", item: "example.test" },
  { page: "settings", section: "history", item: "q=a%40example.test&row=7" },
])("route %j comes back", (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route);
});

test("a broken hash is the inbox", () => {
  expect(parseRoute("#/%zz")).toEqual({ page: "mail", mailbox: null, message: null });
  expect(parseRoute("#/search/%zz")).toEqual({ page: "search", query: "", message: null });
});

test("selection over any distance, in both directions", () => {
  const order = ["a", "b", "c", "d"];
  expect([...ranged(new Set(["d"]), order, 2, 0)]).toEqual(["d", "a", "b", "c"]);
  expect(toggled(new Set(["a"]), "a").size).toBe(0);
});

test("the next row takes the place of the one that went", () => {
  expect(successor(["a", "b", "c"], new Set(["b"]), 1)).toBe("c");
  expect(successor(["a", "b", "c"], new Set(["c"]), 2)).toBe("b");
  expect(successor(["a"], new Set(["a"]), 0)).toBeNull();
});

test("SHA-256 as FIPS 180-4 wants it", () => {
  const hex = (text: string) =>
    Array.from(sha256(new TextEncoder().encode(text)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  expect(hex("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(hex("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(hex("a".repeat(119))).toBe("31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
});

test("a challenge is solved", () => {
  const challenge = {
    parameters: {
      algorithm: "SHA-256",
      nonce: "00".repeat(16),
      salt: "11".repeat(16),
      cost: 3,
      keyLength: 32,
      keyPrefix: "00",
    },
  };
  const solution = trySome(challenge, 0, 20_000);
  expect(solution?.derivedKey.startsWith("00")).toBe(true);
});
