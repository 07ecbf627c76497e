import { expect, test } from "vitest";

import { byMessage, endings, formatWanted, parseWanted, tone } from "@/pure/history";

interface Step {
  act: string;
  recipient: string;
  queue_id: number;
}

const step = (act: string, recipient = "", queue_id = 0): Step => ({ act, recipient, queue_id });
const row = (id: number, trace: string, queue_id: number, ...steps: Step[]) => ({
  id,
  message: id,
  trace,
  queue_id,
  steps,
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
  expect(endings(rows).map(({ act }) => act)).toEqual(["failed", "sent", "kept"]);
});

test("colours", () => {
  expect(["kept", "refused", "deferred", "queued"].map(tone)).toEqual(["success", "danger", "warning", ""]);
});
