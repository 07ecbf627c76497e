// mailauth's side of test_mailauth.py. Standard input has, as JSON: `records`, the TXT records by name; `judge`, messages
// by label; and `sign` and `seal`, orders by label. The answer has the verdicts, and the messages signed or sealed.
import { authenticate, dkimSign, sealMessage } from "mailauth";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const asked = JSON.parse(Buffer.concat(chunks));

async function resolver(name, type) {
  const found = type === "TXT" ? asked.records[name] : undefined;
  if (found === undefined) throw Object.assign(new Error(name), { code: "ENOTFOUND" });
  return [[found]];
}

async function judge(message) {
  const found = await authenticate(message, { resolver, mta: "mx.example.org", ip: "192.0.2.1", sender: "" });
  return { dkim: found.dkim.results.map((one) => one.status.result), arc: found.arc.status.result };
}

async function sign(order) {
  const { signatures, errors } = await dkimSign(order.message, order.options);
  if (errors?.length) throw errors[0].err;
  return signatures + order.message;
}

async function seal(order) {
  const cv = (await judge(order.message)).arc;
  const headers = await sealMessage(order.message, { ...order.seal, authResults: "mx.example.org; spf=none", cv });
  return headers.toString() + order.message;
}

async function each(orders, work) {
  const done = {};
  for (const [label, order] of Object.entries(orders)) done[label] = await work(order);
  return done;
}

const answer = { judged: await each(asked.judge, judge) };
answer.signed = await each(asked.sign, sign);
answer.sealed = await each(asked.seal, seal);
process.stdout.write(JSON.stringify(answer));
