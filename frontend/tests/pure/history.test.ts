import { expect, test } from "vitest";

import { byMessage, endings, formatWanted, parseWanted, tone } from "@/pure/history";

interface Step {
  act: string;
  recipient: string;
  target: string;
  queue_id: number;
}

const step = (act: string, recipient = "", queue_id = 0, target = ""): Step => ({
  act,
  recipient,
  target,
  queue_id,
});
const row = (id: number, trace: string, queue_id: number, ...steps: Step[]) => ({
  id,
  message: id,
  trace,
  queue_id,
  steps,
});

/** `recipient→target act+act` of each. */
const ends = (rows: ReturnType<typeof row>[]): string[] =>
  endings(rows).map(({ recipient, target, steps }) => {
    const to = target ? `${recipient}→${target}` : recipient;
    return `${to} ${steps.map(({ act }) => act).join("+")}`;
  });

test("what the address bar asks for comes back", () => {
  const wanted = {
    kind: "message_id",
    value: "<a+b@c.test>",
    refused: true,
    row: 7,
    from: "#/mail/1",
  } as const;
  expect(parseWanted(formatWanted(wanted))).toEqual(wanted);
  expect(formatWanted(parseWanted(null))).toBeNull();
});

test("a hash typed by hand asks for what can be asked, and leads back to this client only", () => {
  const found = parseWanted("by=all&row=x&from=https://far.test/");
  expect(found).toEqual({ kind: "address", value: "", refused: false, row: null, from: "" });
});

test("rows of one message stand together, by the door's id and the queue's", () => {
  const attempt = row(4, "", 7, step("sent", "a@a.test"));
  const other = row(3, "t2", 0, step("kept", "b@b.test"));
  const report = row(2, "", 8, step("bounced", "a@a.test", 7));
  const first = row(1, "t1", 0, step("queued", "a@a.test", 8), step("queued", "c@c.test", 7));
  expect(byMessage([attempt, other, report, first])).toEqual([[attempt, report, first], [other]]);
});

test("rows stand together that the server says are of one message", () => {
  const later = { ...row(3, "", 0, step("kept", "a@a.test")), message: 1 };
  const other = row(2, "", 0, step("kept", "b@b.test"));
  const first = row(1, "t1", 0, step("deferred", "a@a.test"));
  expect(byMessage([later, other, first])).toEqual([[later, first], [other]]);
});

test("rows that tell of no id are messages of their own", () => {
  expect(byMessage([row(2, "", 0), row(1, "", 0)])).toHaveLength(2);
});

test("how it ended is the last step of each recipient, and no report about it", () => {
  const rows = [
    row(3, "", 7, step("bounced", "a@a.test", 8)),
    row(2, "", 7, step("failed", "a@a.test"), step("sent", "c@c.test")),
    row(1, "t1", 0, step("queued", "a@a.test", 7), step("queued", "c@c.test", 7), step("kept", "d@d.test")),
  ];
  expect(ends(rows)).toEqual(["a@a.test failed", "c@c.test sent", "d@d.test kept"]);
});

test("of those behind an alias each has an end, and what went wrong comes first", () => {
  const rows = [
    row(
      2,
      "",
      7,
      step("kept", "team@a.test", 0, "a@a.test"),
      step("failed", "team@a.test", 0, "b@a.test"),
      step("forwarded", "team@a.test", 8, "c@c.test"),
    ),
    row(1, "t1", 0, step("queued", "team@a.test", 7)),
  ];
  expect(ends(rows)).toEqual([
    "team@a.test→b@a.test failed",
    "team@a.test→a@a.test kept",
    "team@a.test→c@c.test forwarded",
  ]);
  const sent = row(3, "", 8, step("sent", "c@c.test"));
  const later = row(4, "", 8, step("bounced", "c@c.test"));
  expect(ends([later, sent, ...rows])).toEqual([
    "team@a.test→b@a.test failed",
    "c@c.test sent",
    "team@a.test→a@a.test kept",
  ]);
});

test("an alias of which nobody was served waits for all of them", () => {
  const deferred = [
    step("deferred", "team@a.test", 0, "a@a.test"),
    step("deferred", "team@a.test", 0, "b@a.test"),
    step("queued", "team@a.test", 7),
  ];
  const first = row(1, "t1", 0, ...deferred);
  expect(ends([first])).toEqual(["team@a.test→a@a.test deferred", "team@a.test→b@a.test deferred"]);
  expect(ends([row(2, "", 7, step("removed", "team@a.test")), first])).toEqual(["team@a.test removed"]);
});

test("who may not know the targets is told that an alias has several ends", () => {
  const accepted = row(1, "t1", 0, step("deferred", "team@a.test"), step("arrived", "team@a.test"));
  expect(ends([accepted])).toEqual(["team@a.test deferred+arrived"]);
});

test("that a recipient waits, or was reported about, is not told beside how it went", () => {
  const steps = [step("deferred", "a@a.test"), step("queued", "a@a.test", 7)];
  const kept = [step("kept", "b@b.test"), step("confirmed", "b@b.test", 8)];
  expect(ends([row(1, "t1", 0, ...steps, ...kept)])).toEqual(["a@a.test deferred", "b@b.test kept"]);
});

test("colours", () => {
  expect(["kept", "refused", "deferred", "queued"].map(tone)).toEqual(["success", "danger", "warning", ""]);
});
