/** The values of the API by the names that the client uses for them; the shapes are generated from openapi.yaml. */

import type { components } from "./schema";

type Shape = components["schemas"];

export type Addr = Shape["AddressOut"];
export type Me = Shape["MeOut"];
export type Session = Shape["SessionOut"];
export type ServerInfo = Shape["ServerOut"];

export type Mailbox = Shape["MailboxOut"];
export type SpecialUse = "inbox" | "drafts" | "sent" | "junk" | "trash" | "archive";
export type Row = Shape["RowOut"];
export type Message = Shape["MessageOut"];
export type ActionResult = Shape["ActedOut"];
export type ActionBody = Shape["UndoOut"];

export type Draft = Shape["DraftOut"];
export type DraftAttachment = Shape["AttachmentOut"];
export type AttachmentIn = ({ upload: string } | { message: string; part: string }) & { cid?: string };
/** What is sent of a draft; people always with a name, be it empty. */
export type DraftIn = Omit<Shape["DraftIn"], "attachments" | "from" | People> &
  Partial<Record<People, Addr[]>> & {
    from?: Addr | null;
    attachments?: AttachmentIn[];
  };
type People = "to" | "cc" | "bcc" | "reply_to";
export type Upload = Shape["UploadOut"];
/** With the new rows themselves when there are few. */
export type Change = Shape["ChangeOut"] & { added_rows?: Row[] };

export interface Page<T> {
  items: T[];
  next: string | null;
  total: number;
}

export type Domain = Shape["DomainOut"];
export type DomainBody = Shape["DomainChange"];
export type DnsCheck = Shape["CheckOut"];
export type DomainReport = Shape["ReportOut"];
export type ReportSummary = Shape["SummaryOut"];
export type User = Shape["UserOut"];
export type UserBody = Shape["UserChange"];
export type Alias = Shape["AliasOut"];
export type OpenDomain = Shape["OpenDomainOut"];
export type Registration = Shape["RegistrationOut"];
export type QueueMessage = Shape["QueueMessageOut"];
export type Quarantined = Shape["QuarantinedOut"];
