/** The values of the API by the names that the client uses for them; their shapes come from openapi.yaml. */

export interface Addr {
  name: string;
  address: string;
}

export interface Quota {
  used_bytes: number;
  limit_bytes: number | null;
  used_messages: number;
  limit_messages: number | null;
}

export interface Me {
  id: number;
  address: string;
  name: string;
  language: string;
  admin: boolean;
  admin_domains: string[];
  addresses: string[];
  quota: Quota;
  settings: Record<string, unknown>;
}

export interface Session {
  id: string;
  created_at: string;
  last_used_at: string;
  peer: string;
  client: string;
  current: boolean;
}

export interface ServerInfo {
  version: string;
  hostname: string;
  message_size_limit: number;
  upload_size_limit: number;
  registration: boolean;
}

export type SpecialUse = "inbox" | "drafts" | "sent" | "junk" | "trash" | "archive";

export interface Mailbox {
  id: number;
  name: string;
  parent_id: number | null;
  special_use: SpecialUse | null;
  total: number;
  unread: number;
  size_bytes: number;
  subscribed: boolean;
  modseq: number;
}

export interface Row {
  id: string;
  mailbox_id: number;
  uid: number;
  from: Addr[];
  to: Addr[];
  subject: string;
  preview: string;
  date: string | null;
  received_at: string;
  size: number;
  flags: string[];
  has_attachments: boolean;
}

export interface Part {
  part: string;
  name: string;
  type: string;
  size: number;
  cid: string | null;
  inline: boolean;
  url: string;
}

export interface Message extends Row {
  cc: Addr[];
  bcc: Addr[];
  reply_to: Addr[];
  sender: Addr[];
  message_id: string;
  in_reply_to: string[];
  references: string[];
  text: string | null;
  html: string | null;
  parts: Part[];
  cids: Record<string, string>;
  list_unsubscribe: string[];
  list_unsubscribe_post: boolean;
  authentication: { spf: string | null; dkim: string | null; dmarc: string | null; domain: string | null };
  truncated: boolean;
}

export type ActionBody =
  | { action: "flag"; ids: string[]; add?: string[]; remove?: string[] }
  | { action: "move" | "copy"; ids: string[]; mailbox_id: number }
  | { action: "delete"; ids: string[] };

export interface ActionResult {
  ids: Record<string, string>;
  missing: string[];
  modseq: number;
  undo: ActionBody[];
}

export interface SearchResult {
  ids: string[];
  total: number;
  more: boolean;
  words: string[];
}

export interface DraftAttachment {
  upload: string;
  name: string;
  type: string;
  size: number;
  cid: string | null;
}

export type AttachmentIn = ({ upload: string } | { message: string; part: string }) & { cid?: string };

export interface DraftIn {
  from?: Addr | null;
  to?: Addr[];
  cc?: Addr[];
  bcc?: Addr[];
  reply_to?: Addr[];
  subject?: string;
  html?: string | null;
  text?: string | null;
  in_reply_to?: string | null;
  references?: string[];
  answers?: string | null;
  forwards?: string | null;
  attachments?: AttachmentIn[];
}

export interface Draft extends Required<Omit<DraftIn, "attachments">> {
  id: string;
  version: number;
  updated_at: string;
  message_id: string;
  attachments: DraftAttachment[];
}

export interface Submission {
  id: string;
  draft_id: string;
  send_at: string | null;
  cancellable: boolean;
  sent_message_id: string;
}

export interface Upload {
  id: string;
  name: string;
  type: string;
  size: number;
}

export interface Change {
  mailbox_id: number;
  added: string[];
  removed: string[];
  changed: { id: string; flags: string[] }[];
  total: number;
  unread: number;
  modseq: number;
  added_rows?: Row[];
}

export interface Page<T> {
  items: T[];
  next: string | null;
  total: number;
}

export interface Domain {
  id: number;
  name: string;
  unicode_name: string;
  registration: "closed" | "open" | "approval";
  default_quota_bytes: number | null;
  max_quota_bytes: number | null;
  catch_all: string | null;
  over_quota_text: string;
  disabled: boolean;
  alias_of: string | null;
  users: number;
  aliases: number;
  created_at: string;
}

export interface DnsItem {
  purpose: string;
  name: string;
  type: string;
  expected: string[];
  found: string[];
  verdict: "ok" | "missing" | "wrong" | "extra" | "unknown";
  advice: string;
}

export interface DnsCheck {
  checked_at: string;
  verdict: "ok" | "warning" | "wrong";
  items: DnsItem[];
}

export interface User {
  id: number;
  address: string;
  name: string;
  language: string;
  disabled: boolean;
  admin: boolean;
  admin_domains: string[];
  quota: Quota;
  created_at: string;
  last_login_at: string | null;
}

export interface Alias {
  id: number;
  address: string;
  targets: string[];
  domain: string;
  created_at: string;
}

export interface Registration {
  id: number;
  address: string;
  name: string;
  domain: string;
  created_at: string;
  peer: string;
}

export interface QueueRecipient {
  address: string;
  state: "waiting" | "sending" | "deferred" | "failed" | "held" | "done";
  attempts: number;
  next_attempt_at: string | null;
  status: string | null;
  text: string | null;
}

export interface QueueMessage {
  id: number;
  sender: string;
  size: number;
  created_at: string;
  send_at: string | null;
  held: boolean;
  subject?: string;
  recipients: QueueRecipient[];
}
