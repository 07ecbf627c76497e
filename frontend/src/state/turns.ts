/**
 * What was asked for the same message goes to the server one after the other: requests side by side may be answered in
 * any order, and the last one that was asked for must win. Until it has been answered, what was marked stays as shown,
 * whatever the event stream tells of the ones before it.
 */

interface Marking {
  ids: ReadonlySet<string>;
  flag: string;
  on: boolean;
}

const PATIENCE = 15_000; // ms for those before: one that hangs, since the network has changed, is not waited for

const last = new Map<string, Promise<unknown>>();
const unanswered = new Set<Marking>();

/** Do the work when all that was asked before for any of these messages has an answer, be it a refusal, or hangs. */
export function inTurn<Result>(ids: readonly string[], work: () => Promise<Result>): Promise<Result> {
  const before = ids.flatMap((id) => last.get(id) ?? []);
  const done =
    before.length === 0 ? work() : Promise.race([Promise.allSettled(before), hanging()]).then(work);
  for (const id of ids) last.set(id, done);
  const forget = (): void => {
    for (const id of ids) if (last.get(id) === done) last.delete(id);
  };
  done.then(forget, forget);
  return done;
}

function hanging(): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, PATIENCE); }); // prettier-ignore
}

export function marked(flags: readonly string[], flag: string, on: boolean): string[] {
  const others = flags.filter((one) => one !== flag);
  return on ? [...others, flag] : others;
}

/** Keep a mark as it is shown until this request has been answered. */
export function keepMarked(
  ids: readonly string[],
  flag: string,
  on: boolean,
  request: Promise<unknown>,
): void {
  const marking = { ids: new Set(ids), flag, on };
  unanswered.add(marking);
  const forget = (): void => void unanswered.delete(marking);
  request.then(forget, forget);
}

/** The flags of a message as the server has them, with what it does not know yet. */
export function withUnanswered(id: string, flags: readonly string[]): readonly string[] {
  let now = flags;
  for (const { ids, flag, on } of unanswered) if (ids.has(id)) now = marked(now, flag, on);
  return now;
}
