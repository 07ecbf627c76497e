/** English words about bringing mail back. Loaded with the settings. */

const grouped = (n: number): string => n.toLocaleString("en");

export const restoreEn = {
  title: "Bring mail back",
  about: "What was deleted, moved or changed can be put back as it was. What has come since stays.",
  since: (time: string) => `Kept since ${time}.`,
  at: "As it was at",
  which: "Mailbox",
  all: "All mailboxes",
  look: "See what would change",
  nothing: "Nothing is to be put back.",
  put: "Put it back",
  counts: (returned: number, moved: number, flagged: number, mailboxes: number, subscriptions: number) =>
    [
      [returned, returned === 1 ? "message comes back" : "messages come back"] as const,
      [moved, moved === 1 ? "message moves back" : "messages move back"] as const,
      [flagged, flagged === 1 ? "message has its marks again" : "messages have their marks again"] as const,
      [mailboxes, mailboxes === 1 ? "mailbox comes back" : "mailboxes come back"] as const,
      [subscriptions, subscriptions === 1 ? "subscription changes" : "subscriptions change"] as const,
    ]
      .filter(([n]) => n > 0)
      .map(([n, what]) => `${grouped(n)} ${what}`)
      .join(", "),
  lost: (n: number) => `${grouped(n)} cannot come back: they are kept no more.`,
  more: (n: number) => `… and ${grouped(n)} more`,
  kinds: { return: "comes back", move: "moves back", flags: "marks", lost: "kept no more" },
  noSubject: "(no subject)",
  done: "Your mail is as it was",
};
