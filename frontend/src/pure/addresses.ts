/**
 * Addresses as people type and paste them into a field: "Name <local@domain>", several separated by a comma or a
 * semicolon, also full-width (，；、＜＞＠). The server checks again by RFC 5322; this only has to cut well.
 */

export interface Mailbox {
  name: string;
  address: string;
}

const SEPARATORS = new Set([",", ";", "，", "；", "、", "\n", "\r", "\t"]);
const LOCAL = '[^\\s@<>()\\[\\],;:"\\\\]{1,64}';
const LABEL = "[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?";
const ADDRESS = new RegExp(`^${LOCAL}@${LABEL}(?:\\.${LABEL})*$`, "u");

/** True when the text can be an address: one @, no spaces, a domain of proper labels. */
export function isAddress(text: string): boolean {
  return text.length <= 254 && !text.includes("..") && ADDRESS.test(text);
}

/** True when this character ends an address in a field. */
export function isSeparator(character: string): boolean {
  return SEPARATORS.has(character);
}

function narrow(text: string): string {
  return text
    .replaceAll("＠", "@")
    .replaceAll("＜", "<")
    .replaceAll("＞", ">")
    .replaceAll("．", ".")
    .replaceAll("“", '"')
    .replaceAll("”", '"');
}

/** Cut at separators that stand neither in quotes nor in angle brackets. */
function pieces(text: string): string[] {
  const found: string[] = [];
  let piece = "";
  let quoted = false;
  let angle = false;
  for (const character of narrow(text)) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === "<") angle = true;
    else if (!quoted && character === ">") angle = false;
    if (!quoted && !angle && isSeparator(character)) {
      found.push(piece);
      piece = "";
    } else piece += character;
  }
  found.push(piece);
  return found.map((one) => one.trim()).filter((one) => one !== "");
}

function parseOne(piece: string): Mailbox[] {
  const angled = /^(.*?)<\s*(?:mailto:)?([^<>]*?)\s*>\s*$/s.exec(piece);
  if (angled) {
    const name = (angled[1] ?? "")
      .trim()
      .replace(/^"(.*)"$/s, "$1")
      .replaceAll(/\\(.)/g, "$1");
    return [{ name: name.trim(), address: angled[2] ?? "" }];
  }
  const words = piece.replace(/^mailto:/i, "").split(/\s+/);
  // "a@x b@y": pasted from a column, separated by nothing but blanks.
  if (words.length > 1 && words.every(isAddress)) return words.map((address) => ({ name: "", address }));
  return [{ name: "", address: words.join(" ") }];
}

/** Everything that was typed; what is no address comes back too, so that the field can show it as wrong. */
export function parseAddresses(text: string): Mailbox[] {
  return pieces(text).flatMap(parseOne);
}

/** "Name <address>", the name in quotes when it needs them. */
export function formatAddress({ name, address }: Mailbox): string {
  if (!name) return address;
  return /[",;:<>@()[\]\\]/.test(name)
    ? `"${name.replaceAll(/["\\]/g, "\\$&")}" <${address}>`
    : `${name} <${address}>`;
}

/** What a row shows for a person: the name, else the part before the @. */
export function displayName({ name, address }: Mailbox): string {
  return name.trim() || address.split("@")[0] || address;
}

/** One or two letters for the round picture; Chinese names show their last two characters, as is the custom. */
export function initials(person: Mailbox): string {
  const name = displayName(person).normalize("NFKC").trim();
  if (/\p{Script=Han}/u.test(name)) return [...name.replaceAll(/[^\p{Script=Han}]/gu, "")].slice(-2).join("");
  const words = name.split(/[\s._-]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  return [words[0], words.length > 1 ? words[words.length - 1] : ""]
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toUpperCase();
}

/** A hue (0 to 359) that stays the same for an address. */
export function hue(address: string): number {
  let sum = 7;
  for (const character of address.toLowerCase()) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 3600;
  return Math.floor(sum / 10);
}

/** Without doubles, and without those in `except`; compared as servers do in practice, without regard to case. */
export function unique(list: readonly Mailbox[], except: readonly string[] = []): Mailbox[] {
  const seen = new Set(except.map((one) => one.toLowerCase()));
  return list.filter(({ address }) => {
    const key = address.toLowerCase();
    return !seen.has(key) && seen.add(key) !== undefined;
  });
}
