/** Days of a chart: every one of the last so many, also those of which nothing is known. */

export interface DayCount {
  day: string;
  passed: number;
  failed: number;
}

const DAY = 86_400_000;

/** `known` has days as YYYY-MM-DD in UTC; the last of the answer is `now`'s. */
export function everyDay(known: readonly DayCount[], count: number, now: Date): DayCount[] {
  const byDay = new Map(known.map((one) => [one.day, one]));
  return Array.from({ length: count }, (_, at) => {
    const day = new Date(now.getTime() - (count - 1 - at) * DAY).toISOString().slice(0, 10);
    return byDay.get(day) ?? { day, passed: 0, failed: 0 };
  });
}
