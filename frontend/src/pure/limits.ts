/** Limits of sending as they stand in fields: "" is no limit of one's own, "0" none at all. */

export const LIMITS = [
  "hourly_messages",
  "hourly_recipients",
  "daily_messages",
  "daily_recipients",
  "burst_recipients",
] as const;

type Name = (typeof LIMITS)[number];
export type Written = Record<Name, string>;

const MOST = 1_000_000_000;

export function written(own: Partial<Record<Name, number | null>>): Written {
  return Object.fromEntries(LIMITS.map((name) => [name, String(own[name] ?? "")])) as Written;
}

/** What is to be set; null where one of them is no number. */
export function limitsOf(fields: Written): Record<Name, number | null> | null {
  const found = LIMITS.map((name) => [name, fields[name].normalize("NFKC").trim()] as const);
  if (found.some(([, text]) => text !== "" && !(/^\d{1,10}$/.test(text) && Number(text) <= MOST)))
    return null;
  return Object.fromEntries(found.map(([name, text]) => [name, text === "" ? null : Number(text)])) as Record<
    Name,
    number | null
  >;
}
