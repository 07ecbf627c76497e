/**
 * The tree of mailboxes: names with "/" between the levels become rows with a depth, the special ones first. What others
 * share comes behind the own ones, under a heading for each owner.
 */

export interface Named {
  id: number;
  name: string;
  special_use: string | null;
  /** Somebody else's address, or the domain's name; null for one's own. */
  owner?: string | null;
}

export interface TreeRow<T extends Named> {
  item: T;
  /** Last part of the name. */
  label: string;
  depth: number;
  hasChildren: boolean;
  /** The owner, on the first row of what somebody shares. */
  heading: string | null;
}

const ORDER = ["inbox", "drafts", "sent", "archive", "junk", "trash"];

/** "\\Sent" or "sent" -> "sent"; INBOX needs no attribute. */
export function special(mailbox: Named): string | null {
  if (mailbox.name.toUpperCase() === "INBOX") return "inbox";
  return mailbox.special_use?.replace(/^\\/, "").toLowerCase() ?? null;
}

/** The name that the owner has for it. */
export function ownName(mailbox: Named): string {
  const { name, owner } = mailbox;
  if (!owner) return name;
  return name.replace(owner.includes("@") ? `Other Users/${owner}/` : "Shared/", "");
}

function rank(mailbox: Named): number {
  const at = ORDER.indexOf(special(mailbox) ?? "");
  return at < 0 ? ORDER.length : at;
}

/** Rows in the order shown; children of the names in `closed` are left out. */
export function treeRows<T extends Named>(
  mailboxes: readonly T[],
  closed: ReadonlySet<string>,
  language: string,
): TreeRow<T>[] {
  const children = new Map<string, T[]>();
  const names = new Set(mailboxes.map((one) => one.name));
  for (const mailbox of mailboxes) {
    const cut = mailbox.name.lastIndexOf("/");
    const parent = cut > 0 && names.has(mailbox.name.slice(0, cut)) ? mailbox.name.slice(0, cut) : "";
    const list = children.get(parent);
    if (list) list.push(mailbox);
    else children.set(parent, [mailbox]);
  }
  const compare = new Intl.Collator(language, { numeric: true }).compare;
  const rows: TreeRow<T>[] = [];
  const walk = (parent: string, depth: number): void => {
    const list = children.get(parent) ?? [];
    list.sort(
      (a, b) => compare(a.owner ?? "", b.owner ?? "") || rank(a) - rank(b) || compare(a.name, b.name),
    );
    let last = "";
    for (const item of list) {
      const label = parent ? item.name.slice(parent.length + 1) : ownName(item);
      const owner = parent ? "" : (item.owner ?? "");
      const heading = owner === last ? null : owner;
      last = owner;
      rows.push({ item, label, depth, hasChildren: children.has(item.name), heading });
      if (!closed.has(item.name)) walk(item.name, depth + 1);
    }
  };
  walk("", 0);
  return rows;
}

/** Mailboxes whose name contains what was typed, the ones that begin with it first. */
export function filterByName<T extends { label: string }>(rows: readonly T[], typed: string): T[] {
  const wanted = typed.normalize("NFKC").trim().toLowerCase();
  if (!wanted) return [...rows];
  const at = (row: T): number => row.label.toLowerCase().indexOf(wanted);
  return rows.filter((row) => at(row) >= 0).sort((a, b) => Number(at(a) > 0) - Number(at(b) > 0));
}
