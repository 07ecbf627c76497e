// What a mail program on imapflow does, from the first login to coming back after others have changed everything:
// COMPRESS, CONDSTORE, QRESYNC, IDLE, and IMAP4rev2 where it is offered. Ends with status 0, or says what was not so.
//
//     node conversation.mjs HOST IMAPS-PORT USER PASSWORD

import assert from "node:assert/strict";
import { once } from "node:events";
import { ImapFlow } from "imapflow";

const [host, port, user, pass] = process.argv.slice(2);

async function connected(more = {}) {
  const tls = { rejectUnauthorized: false }; // the certificate that init makes
  const settings = { host, port: Number(port), secure: true, tls, auth: { user, pass }, logger: false, qresync: true };
  const client = new ImapFlow({ ...settings, ...more });
  await client.connect();
  return client;
}

function letter(number, text = "Hello") {
  return `From: Ann <ann@example.com>\r\nTo: ${user}\r\nSubject: Letter ${number}\r\n\r\n${text} ${number}\r\n`;
}

async function seen(client, what) {
  const [event] = await once(client, what, { signal: AbortSignal.timeout(10_000) });
  return event;
}

async function offers() {
  const client = await connected();
  for (const name of ["CONDSTORE", "QRESYNC", "IMAP4rev2"]) assert.ok(client.enabled.has(name.toUpperCase()), name);
  assert.ok(client._deflate, "compressed");
  await client.logout();
}

async function plain() {
  const client = await connected({ disableCompression: true, qresync: false });
  assert.ok(!client._deflate && !client.enabled.has("QRESYNC"));
  assert.ok(await client.noop().then(() => true));
  await client.logout();
}

async function mailboxes(client) {
  const listed = await client.list({ statusQuery: { messages: true, unseen: true } });
  assert.deepEqual(listed.find((box) => box.specialUse === "\\Sent").path, "Sent");
  await client.mailboxCreate(["工作", "项目"]);
  await client.mailboxRename(["工作", "项目"], "工作/旧");
  await client.mailboxSubscribe("工作/旧");
  assert.ok((await client.list()).some((box) => box.path === "工作/旧" && box.subscribed));
  await client.mailboxDelete("工作/旧");
  await client.mailboxDelete("工作");
  assert.ok((await client.getQuota("INBOX")) !== undefined);
}

async function messages(client) {
  for (let number = 1; number <= 5; number++) {
    const flags = number % 2 ? ["\\Seen"] : [];
    assert.equal((await client.append("INBOX", letter(number), flags)).uid, number);
  }
  await client.mailboxOpen("INBOX");
  assert.equal(client.mailbox.exists, 5);
  assert.deepEqual(await client.search({ seen: false }, { uid: true }), [2, 4]);
  assert.deepEqual(await client.search({ or: [{ subject: "Letter 1" }, { body: "Hello 5" }] }, { uid: true }), [1, 5]);
  const one = await client.fetchOne("2", { envelope: true, bodyStructure: true, source: true, flags: true }, { uid: true });
  assert.equal(one.envelope.subject, "Letter 2");
  assert.equal(one.bodyStructure.type, "text/plain");
  assert.equal(one.source.toString(), letter(2));
  const { content } = await client.download("3", "1", { uid: true });
  assert.equal(Buffer.concat(await content.toArray()).toString().trim(), "Hello 3");
  await client.messageFlagsAdd("1:2", ["\\Flagged", "$Work"]);
  await client.messageFlagsRemove("1", ["\\Flagged"]);
  await client.messageFlagsSet("3", ["\\Answered"]);
  assert.deepEqual([...(await client.fetchOne("3", { flags: true })).flags], ["\\Answered"]);
  assert.equal((await client.messageCopy("1", "Archive")).uidMap.get(1), 1);
  assert.equal((await client.messageMove("5", "Archive")).uidMap.get(5), 2);
  await client.messageDelete("4", { uid: true });
  assert.equal((await client.status("INBOX", { messages: true })).messages, 3);
}

async function hearsWhileIdling() {
  const [waits, acts] = [await connected(), await connected()];
  await waits.mailboxOpen("INBOX");
  const [validity, before] = [waits.mailbox.uidValidity, waits.mailbox.highestModseq];
  const over = waits.idle();
  let heard = seen(waits, "exists");
  await acts.append("INBOX", letter(6));
  assert.equal((await heard).count, 4);
  await acts.mailboxOpen("INBOX");
  heard = seen(waits, "flags");
  await acts.messageFlagsAdd("6", ["\\Seen"], { uid: true });
  const told = await heard;
  assert.ok(told.flags.has("\\Seen") && told.modseq > before);
  heard = seen(waits, "expunge");
  await acts.messageDelete("1", { uid: true });
  const gone = await heard;
  assert.deepEqual([gone.uid, gone.vanished], [1, true]);
  await waits.noop(); // ends IDLE
  await over;
  await waits.logout();
  await acts.logout();
  return { validity, before };
}

async function comesBack({ validity, before }) {
  const client = await connected();
  const [vanished, flags] = [[], []];
  client.on("expunge", (event) => vanished.push(event.uid));
  client.on("flags", (event) => flags.push(event.uid));
  await client.mailboxOpen("INBOX", { uidValidity: validity, changedSince: before });
  assert.deepEqual(vanished, [1]);
  assert.deepEqual(flags, [6]);
  const changed = await client.fetchAll("1:*", { flags: true }, { uid: true, changedSince: before });
  assert.deepEqual(changed.map((message) => message.uid), [6]);
  vanished.length = 0;
  await client.mailboxOpen("INBOX", { uidValidity: validity + 1n, changedSince: before });
  assert.deepEqual(vanished, []); // to another mailbox of that name nobody comes back
  await client.logout();
}

await offers();
await plain();
const client = await connected();
await mailboxes(client);
await messages(client);
await client.logout();
await comesBack(await hearsWhileIdling());
