/** The history of messages: what the address bar asks for, which rows are of one message, and how that ended. */

export const KINDS = ["address", "message_id", "id"] as const;
export type Kind = (typeof KINDS)[number];

/** `row`: the one whose message is shown. `from`: the hash to go back to. */
export interface Wanted {
  kind: Kind;
  value: string;
  refused: boolean;
  row: number | null;
  from: string;
}

export function parseWanted(item: string | null): Wanted {
  const given = new URLSearchParams(item ?? "");
  const row = given.get("row") ?? "";
  const from = given.get("from") ?? "";
  return {
    kind: KINDS.find((one) => one === given.get("by")) ?? "address",
    value: given.get("q") ?? "",
    refused: given.has("refused"),
    row: /^\d{1,15}$/.test(row) ? Number(row) : null,
    from: from.startsWith("#/") ? from : "",
  };
}

/** For the address bar; null when nothing but everything is asked for. */
export function formatWanted(wanted: Partial<Wanted>): string | null {
  const { kind, value, refused, row, from } = wanted;
  const given = new URLSearchParams();
  if (kind && kind !== "address") given.set("by", kind);
  if (value) given.set("q", value);
  if (refused) given.set("refused", "1");
  if (row) given.set("row", String(row));
  if (from) given.set("from", from);
  return given.size > 0 ? given.toString() : null;
}

interface Step {
  act: string;
  recipient: string;
  target: string;
  queue_id: number;
}

interface Row<S extends Step = Step> {
  id: number;
  message: number;
  trace: string;
  queue_id: number;
  steps: S[];
}

function links(row: Row): string[] {
  const queued = [row.queue_id, ...row.steps.map((step) => step.queue_id)];
  const found = [`m${String(row.message)}`, ...queued.filter((id) => id !== 0).map(String)];
  return row.trace === "" ? found : [`t${row.trace}`, ...found];
}

/** Rows by the message that they are about, as far as one can tell; both are newest first. */
export function byMessage<R extends Row>(rows: readonly R[]): R[][] {
  const groupOf = new Map<string, R[]>();
  const groups = new Set<R[]>();
  for (const row of rows) {
    const named = links(row);
    const met = new Set(named.map((link) => groupOf.get(link)).filter((group) => group !== undefined));
    const [first, ...others] = [...groups].filter((group) => met.has(group));
    const group = first ?? [];
    for (const other of others) {
      group.push(...other);
      groups.delete(other);
      for (const [link, owner] of groupOf) if (owner === other) groupOf.set(link, group);
    }
    group.push(row);
    group.sort((a, b) => b.id - a.id);
    groups.add(group);
    for (const link of named) groupOf.set(link, group);
  }
  return [...groups];
}

/** Steps that only tell the sender what another step has told already. */
const REPORTS: ReadonlySet<string> = new Set(["bounced", "warned", "confirmed"]);
/** Of one moment: that the queue goes on with a recipient says less than what it was put there for. */
const SAYS_LESS: ReadonlySet<string> = new Set([...REPORTS, "queued"]);

/** How it ended at one address: steps of one moment, each with another act. `target`: whom the recipient stands for. */
export interface Ending<S extends Step> {
  recipient: string;
  target: string;
  steps: S[];
}

interface Told<S extends Step> extends Ending<S> {
  row: number;
}

/** How it ended for each recipient, and for each of those behind an alias, as far as they are told; what went wrong
 * comes first. `rows`: of one message, newest first. Who may not know the targets has several steps for the alias. */
export function endings<S extends Step>(rows: readonly Row<S>[]): Ending<S>[] {
  let found: Told<S>[] = [];
  for (const { id, steps } of rows) {
    for (const step of steps) {
      found = found.filter((one) => !isSame(one, step) || !saysMore(step, one));
      const same = found.filter((one) => isSame(one, step));
      if (same.length === 0 || (same.every(({ row }) => row === id) && !SAYS_LESS.has(step.act)))
        add(found, id, step);
    }
  }
  const goesOn = ({ row, target }: Told<S>): boolean =>
    target !== "" && found.some((one) => one.recipient === target && one.row > row);
  return found.filter((one) => !goesOn(one)).sort((a, b) => weight(b) - weight(a));
}

/** Without a target it is about all of them. */
function isSame(told: Ending<Step>, { recipient, target }: Step): boolean {
  return told.recipient === recipient && (told.target === "" || target === "" || told.target === target);
}

function saysMore({ act }: Step, { steps }: Ending<Step>): boolean {
  return !REPORTS.has(act) && steps.every((step) => REPORTS.has(step.act));
}

function add<S extends Step>(found: Told<S>[], row: number, step: S): void {
  const { act, recipient, target } = step;
  const known = found.find((one) => one.row === row && one.recipient === recipient && one.target === target);
  if (!known) found.push({ row, recipient, target, steps: [step] });
  else if (target === "" && !known.steps.some((one) => one.act === act)) known.steps.push(step);
}

const GOOD = ["kept", "sent", "arrived", "forwarded", "confirmed"];
const BAD = ["failed", "refused", "bounced", "discarded", "removed"];
const SLOW = ["deferred", "warned", "held", "quarantined"];

/** The class of a badge. */
export function tone(act: string): "success" | "danger" | "warning" | "" {
  if (GOOD.includes(act)) return "success";
  if (BAD.includes(act)) return "danger";
  return SLOW.includes(act) ? "warning" : "";
}

const WEIGHTS = ["success", "", "warning", "danger"];

function weight({ steps }: Ending<Step>): number {
  return Math.max(...steps.map((step) => WEIGHTS.indexOf(tone(step.act))));
}
