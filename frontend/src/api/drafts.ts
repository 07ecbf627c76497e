/** Drafts, uploads with progress, and sending that can be taken back while the server holds the message. */

import { get, post, put, remove } from "./call";
import { address, cookie, Problem } from "./http";
import type { DraftIn, Upload } from "./types";

const at = (id: string) => ({ path: { draft_id: id } });

export const create = (body: DraftIn) => post("/drafts", { body });
export const openMessage = (message: string) => post("/drafts", { body: { message } });
export const read = (id: string) => get("/drafts/{draft_id}", at(id));
export const erase = (id: string) => remove("/drafts/{draft_id}", at(id));

/** Raises Problem "precondition-failed" when somebody else has saved since `version`. */
export const save = (id: string, version: number, body: DraftIn) =>
  put("/drafts/{draft_id}", { ...at(id), body, headers: { "If-Match": `"${version}"` } });

export const send = (id: string, delay_seconds: number) =>
  post("/drafts/{draft_id}/send", { ...at(id), body: { delay_seconds } });
export const unsend = (submission: string) =>
  remove("/submissions/{submission_id}", { path: { submission_id: submission } });

export const uploadAddress = (id: string): string => address(`/uploads/${id}`, { inline: 1 });

/** fetch has no progress of what it sends, XMLHttpRequest has. */
export function upload(file: File, progress: (part: number) => void, signal: AbortSignal): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(
      "POST",
      address("/uploads", { name: file.name, type: file.type || "application/octet-stream" }),
    );
    request.setRequestHeader("X-CSRF-Token", cookie("mailnode_csrf"));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status === 201) resolve(request.response as Upload);
      else reject(new Problem(request.status, "http", request.statusText));
    };
    request.onerror = () => {
      reject(new Problem(0, "network", ""));
    };
    request.onabort = () => {
      reject(new DOMException("", "AbortError"));
    };
    signal.addEventListener("abort", () => {
      request.abort();
    });
    request.send(file);
  });
}
