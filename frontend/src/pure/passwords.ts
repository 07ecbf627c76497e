/** How hard a password is to guess, roughly: length first, then how many kinds of signs. The server has the last word. */

export const SHORTEST = 10;

/** 0 too short, 1 weak, 2 fair, 3 good, 4 strong. */
export function strength(password: string): 0 | 1 | 2 | 3 | 4 {
  const signs = [...password];
  if (signs.length < SHORTEST) return 0;
  const different = new Set(signs).size;
  if (different < 5) return 1;
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{N}/u, /[^\p{L}\p{N}]/u, /\p{Lo}/u].filter((kind) =>
    kind.test(password),
  ).length;
  const bits = different * (0.6 + 0.4 * kinds) + (signs.length - different);
  if (bits < 14) return 1;
  if (bits < 20) return 2;
  return bits < 30 ? 3 : 4;
}
