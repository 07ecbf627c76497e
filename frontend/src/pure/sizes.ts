/** Sizes in bytes as people read them: 1 kB is 1,000 bytes, as in the quota settings. */

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(size: number, language: string): string {
  let unit = 0;
  let value = Math.max(0, size);
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toLocaleString(language, { maximumFractionDigits: digits })} ${UNITS[unit] ?? "B"}`;
}

/** "1.5 GB", "500MB", "2g" -> bytes; "" -> null (no limit); anything else -> undefined. */
export function parseBytes(text: string): number | null | undefined {
  const clean = text.normalize("NFKC").trim().toLowerCase();
  if (clean === "") return null;
  const found = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/.exec(clean);
  if (!found) return undefined;
  const power = ["", "k", "m", "g", "t"].indexOf(found[2] ?? "");
  return Math.round(Number(found[1]) * 1000 ** power);
}
