/** How a new message begins: whom it goes to, its subject, the quoted text, the files it brings along. */

import { i18n } from "@/i18n/index.svelte";
import { displayName, formatAddress, unique, type Mailbox } from "@/pure/addresses";
import { longDate } from "@/pure/dates";
import { forwardSubject, replySubject } from "@/pure/subjects";
import { rescued, type Begin } from "@/state/draft.svelte";
import type { Start } from "@/state/compose.svelte";
import { session } from "@/state/session.svelte";

type Message = Extract<Start, { kind: "reply" | "replyAll" | "forward" }>["message"];

export interface Beginning {
  draft: Begin;
  /** Not cleaned yet: the editor does that. */
  html: string;
  cids: Record<string, string>;
  focus: "to" | "text";
}

function escape(text: string): string {
  const signs: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (sign) => signs[sign] ?? sign);
}

function textHtml(text: string): string {
  const lines = text.replaceAll(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n");
  return lines.map((line) => `<div>${escape(line) || "<br>"}</div>`).join("");
}

function body(message: Message): string {
  return message.html ?? textHtml(message.text ?? "");
}

/** The address of mine that the message was sent to; else my own. */
function sender(message: Message): Mailbox {
  const mine = session.me?.addresses ?? [];
  const receivers = [...message.to, ...message.cc].map((one) => one.address.toLowerCase());
  const address = mine.find((one) => receivers.includes(one.toLowerCase())) ?? session.me?.address ?? "";
  return { name: session.me?.name ?? "", address };
}

function receivers(message: Message, all: boolean): { to: Mailbox[]; cc: Mailbox[] } {
  const mine = session.me?.addresses ?? [];
  const own = message.from.some((one) => mine.includes(one.address.toLowerCase()));
  const wanted = own ? message.to : message.reply_to.length > 0 ? message.reply_to : message.from;
  const to = unique(wanted);
  if (!all) return { to, cc: [] };
  const others = own ? message.cc : [...message.to, ...message.cc];
  return { to, cc: unique(others, [...mine, ...to.map((one) => one.address)]) };
}

function reply(message: Message, all: boolean): Beginning {
  const author = message.from[0] ?? { name: "", address: "" };
  const date = longDate(new Date(message.date ?? message.received_at), i18n.language);
  const line = escape(i18n.t.compose.attribution(date, displayName(author)));
  return {
    draft: {
      ...receivers(message, all),
      from: sender(message),
      subject: replySubject(message.subject),
      in_reply_to: message.message_id,
      references: [...message.references, message.message_id].filter((one) => one !== "").slice(-50),
      answers: message.id,
      attachments: pictures(message),
    },
    html: `<div><br></div><div><br></div><div>${line}</div><blockquote type="cite">${body(message)}</blockquote>`,
    cids: message.cids,
    focus: "text",
  };
}

/** The pictures in the text of the message, so that a quotation can show them to its reader too. */
function pictures(message: Message): NonNullable<Begin["attachments"]> {
  return message.parts
    .filter((part) => part.inline && part.cid !== null && (message.html ?? "").includes(`cid:${part.cid}`))
    .map((part) => ({
      message: message.id,
      part: part.part,
      cid: part.cid ?? "",
      name: part.name,
      type: part.type,
      size: part.size,
    }));
}

function forward(message: Message): Beginning {
  const t = i18n.t.reader;
  const people = (list: readonly Mailbox[]): string => list.map(formatAddress).join(", ");
  const head: [string, string][] = [
    [t.from, people(message.from)],
    [t.date, longDate(new Date(message.date ?? message.received_at), i18n.language)],
    [i18n.t.compose.subject, message.subject],
    [t.to, people(message.to)],
    [t.cc, people(message.cc)],
  ];
  const lines = head
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `<div><b>${escape(name)}:</b> ${escape(value)}</div>`);
  const files = message.parts
    .filter((part) => !part.inline)
    .map((part) => ({
      message: message.id,
      part: part.part,
      name: part.name,
      type: part.type,
      size: part.size,
    }));
  return {
    draft: {
      from: sender(message),
      subject: forwardSubject(message.subject),
      references: message.references,
      forwards: message.id,
      attachments: [...files, ...pictures(message)],
    },
    html: `<div><br></div><div><br></div><div>—— ${escape(i18n.t.compose.forwarded)} ——</div>${lines.join("")}<div><br></div>${body(message)}`,
    cids: message.cids,
    focus: "to",
  };
}

export function begin(start: Start): Beginning {
  switch (start.kind) {
    case "reply":
    case "replyAll":
      return reply(start.message, start.kind === "replyAll");
    case "forward":
      return forward(start.message);
    case "draft":
      return {
        draft: start.draft,
        html: start.draft.html ?? textHtml(start.draft.text ?? ""),
        cids: {},
        focus: "text",
      };
    case "rescued": {
      const draft = rescued(start.key) ?? {};
      return { draft, html: draft.html ?? "", cids: {}, focus: "text" };
    }
    case "new":
      return {
        draft: { to: start.to, subject: start.subject },
        html: "",
        cids: {},
        focus: start.to.length > 0 ? "text" : "to",
      };
  }
}
