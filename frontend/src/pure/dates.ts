/** Dates as people read them, by Intl. `now` and the language are arguments, so that the same call gives the same words. */

const DAY = 86_400_000;
const made = new Map<string, Intl.DateTimeFormat>();

function format(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  let known = made.get(key);
  if (!known) made.set(key, (known = new Intl.DateTimeFormat(language, options)));
  return known;
}

function startOfDay(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

/** For a row of the list: the time today, the weekday in the last six days, the day this year, else the whole date. */
export function shortDate(at: Date, now: Date, language: string): string {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / DAY);
  if (days === 0) return clock(at, language);
  if (days > 0 && days < 7) return format(language, { weekday: "short" }).format(at);
  if (at.getFullYear() === now.getFullYear())
    return format(language, { month: "short", day: "numeric" }).format(at);
  return format(language, { year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
}

/** For the open message: weekday, date and time. */
export function longDate(at: Date, language: string): string {
  return format(language, {
    weekday: "short",
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);
}

export function clock(at: Date, language: string): string {
  return format(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
}

/** For an `<input type="datetime-local" step="1">`: the local time without a zone. */
export function forInput(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
