/** Drafts, uploads with progress, and sending that can be taken back while the server holds the message. */

import { address, cookie, full, Problem, post, remove } from "./http";
import type { Draft, DraftIn, Submission, Upload } from "./types";

export const create = (draft: DraftIn): Promise<Draft> => post("/drafts", draft);
export const openMessage = (message: string): Promise<Draft> => post("/drafts", { message });
export const read = async (id: string): Promise<Draft> => (await full<Draft>("GET", `/drafts/${id}`)).value;
export const erase = (id: string): Promise<undefined> => remove(`/drafts/${id}`);

/** Raises Problem "precondition-failed" when somebody else has saved since `version`. */
export const save = async (id: string, version: number, draft: DraftIn): Promise<Draft> =>
  (await full<Draft>("PUT", `/drafts/${id}`, { body: draft, headers: { "If-Match": `"${version}"` } })).value;

export const send = (id: string, delay_seconds: number): Promise<Submission> =>
  post(`/drafts/${id}/send`, { delay_seconds });
export const unsend = (submission: string): Promise<Draft> => remove<Draft>(`/submissions/${submission}`);

export const uploadAddress = (id: string): string => address(`/uploads/${id}`, { inline: 1 });
export const eraseUpload = (id: string): Promise<undefined> => remove(`/uploads/${id}`);

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
