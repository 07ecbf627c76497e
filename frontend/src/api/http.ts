/**
 * One request to the API: cookies, the double-submit header, one refresh of an old session, problems as exceptions.
 *
 * A 401 means that the access token is old: the session is refreshed once (all waiting requests share that one refresh)
 * and the request is sent again. If that fails too, `sessionEnded` is told and the caller gets the problem.
 */

export const ROOT = "/api/v1";

export class Problem extends Error {
  readonly status: number;
  /** Last part of the problem's type: "bad-credentials"; "network" when no answer came at all. */
  readonly kind: string;
  readonly errors: readonly { pointer: string; detail: string }[];

  constructor(status: number, kind: string, title: string, errors: Problem["errors"] = []) {
    super(title);
    this.status = status;
    this.kind = kind;
    this.errors = errors;
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Options {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export interface Answer<T> {
  value: T;
  etag: string | null;
  status: number;
}

let onSessionEnded: () => void = () => undefined;

/** Name who is told when the session cannot be refreshed any more. */
export function sessionEnded(tell: () => void): void {
  onSessionEnded = tell;
}

export function cookie(name: string): string {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return ROOT + path + (text ? `?${text}` : "");
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as {
      type?: string;
      title?: string;
      detail?: string;
      errors?: Problem["errors"];
    };
    const kind = body.type?.split("/").pop() ?? "http";
    const { title = response.statusText, errors = [] } = body;
    const message = body.detail ?? [title, ...errors.map(({ detail }) => detail)].join(" ");
    return new Problem(response.status, kind, message, errors);
  } catch {
    return new Problem(response.status, "http", response.statusText); // a proxy in front of us spoke
  }
}

function send(method: string, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = {
    "Accept-Language": document.documentElement.lang,
    ...options.headers,
  };
  if (method !== "GET") headers["X-CSRF-Token"] ??= cookie("mailnode_csrf");
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (options.signal) init.signal = options.signal;
  if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(options.body);
  }
  return fetch(address(path, options.query), init);
}

let refreshing: Promise<boolean> | null = null;

/** True when the session lives on. Without the cookie of a session there is nothing to ask for. */
export function refresh(): Promise<boolean> {
  if (cookie("mailnode_refresh_csrf") === "") return Promise.resolve(false);
  refreshing ??= send("POST", "/sessions/refresh", {
    headers: { "X-CSRF-Token": cookie("mailnode_refresh_csrf") },
  })
    .then((response) => response.ok)
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

async function answered(method: string, path: string, options: Options): Promise<Response> {
  try {
    const response = await send(method, path, options);
    if (response.status !== 401 || path === "/sessions") return response;
    const problem = await problemOf(response.clone());
    if (problem.kind === "bad-credentials") return response;
    if (await refresh()) return await send(method, path, options);
    onSessionEnded();
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "network", "");
  }
}

/** The answer with its ETag; raises Problem for everything that is no 2xx or 304. */
export async function ask<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const response = await answered(method, path, options);
  if (!response.ok && response.status !== 304) throw await problemOf(response);
  const json = response.headers.get("Content-Type")?.includes("json") ?? false;
  const value = (json && response.status !== 304 ? await response.json() : undefined) as T;
  return { value, etag: response.headers.get("ETag"), status: response.status };
}
