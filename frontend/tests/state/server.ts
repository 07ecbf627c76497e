/** A server for the tests of the state: a few rows in memory, answering as openapi.yaml says. */

import type { ActionBody, Row } from "@/api/types";

export interface Asked {
  method: string;
  path: string;
  body: unknown;
  headers: Headers;
}

type Answer = unknown;

export class Server {
  asked: Asked[] = [];
  /** Path (with method) -> what is answered; a number is an error with this status. */
  answers = new Map<string, (asked: Asked) => Answer>();

  constructor() {
    globalThis.fetch = (input, init) => this.#answer(String(input), init ?? {});
  }

  on(what: string, answer: (asked: Asked) => Answer): void {
    this.answers.set(what, answer);
  }

  #answer(url: string, init: RequestInit): Promise<Response> {
    const { pathname } = new URL(url, "http://localhost");
    const method = init.method ?? "GET";
    const path = pathname.replace("/api/v1", "");
    const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : undefined;
    const asked = { method, path: url.replace("/api/v1", ""), body, headers: new Headers(init.headers) };
    this.asked.push(asked);
    const answer = this.answers.get(`${method} ${path}`)?.(asked);
    if (answer === undefined) return Promise.resolve(problem(404, "not-found"));
    if (typeof answer === "number") return Promise.resolve(problem(answer, "internal"));
    if (answer instanceof Response) return Promise.resolve(answer);
    return Promise.resolve(Response.json(answer));
  }
}

export function problem(status: number, kind: string): Response {
  const body = { type: `/problems/${kind}`, title: `problem ${kind}`, status };
  return Response.json(body, { status, headers: { "Content-Type": "application/problem+json" } });
}

export function row(id: string, more: Partial<Row> = {}): Row {
  return {
    id,
    mailbox_id: 1,
    uid: Number(id),
    modseq: 1,
    conversation: null,
    from: [{ name: "", address: "a@example.test" }],
    to: [],
    subject: `Subject ${id}`,
    preview: "",
    date: null,
    received_at: `2026-01-01T00:00:${id.padStart(2, "0")}Z`,
    size: 1,
    flags: [],
    has_attachments: false,
    ...more,
  };
}

/** What /messages/actions answers to a move: every id gets another one. */
export function moved(body: ActionBody, back: number): unknown {
  const ids = Object.fromEntries(body.ids.map((id) => [id, `${id}9`]));
  return {
    ids,
    missing: [],
    modseq: 2,
    undo: [{ action: "move", ids: Object.values(ids), mailbox_id: back }],
  };
}
