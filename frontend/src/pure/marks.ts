/** Found words inside a text, for marking them. */

export interface Piece {
  text: string;
  hit: boolean;
}

/** The text cut at the found words; without regard to case, each place once, longer words first. */
export function marked(text: string, words: readonly string[]): Piece[] {
  const wanted = words.map((word) => word.toLowerCase()).filter((word) => word !== "");
  if (wanted.length === 0 || text === "") return [{ text, hit: false }];
  wanted.sort((a, b) => b.length - a.length);
  const lower = text.toLowerCase();
  if (lower.length !== text.length) return [{ text, hit: false }]; // "İ" grows when made small: places would be wrong
  const pieces: Piece[] = [];
  let plain = 0;
  let at = 0;
  while (at < text.length) {
    const word = wanted.find((one) => lower.startsWith(one, at));
    if (word === undefined) {
      at += 1;
      continue;
    }
    if (at > plain) pieces.push({ text: text.slice(plain, at), hit: false });
    pieces.push({ text: text.slice(at, at + word.length), hit: true });
    at += word.length;
    plain = at;
  }
  if (plain < text.length) pieces.push({ text: text.slice(plain), hit: false });
  return pieces;
}
