/**
 * The proof of work at sign-up: an ALTCHA challenge (version 2, algorithm SHA-256) solved without a third party.
 *
 * Wanted is the counter for which SHA-256, done `cost` times over salt + nonce + counter (32 bits, big endian), begins
 * with the prefix. The hash is written out here because it must run in slices between frames: WebCrypto hashes only
 * asynchronously, which costs more than these few blocks, and not at all on plain http.
 */

export interface Challenge {
  parameters: {
    algorithm: string;
    nonce: string;
    salt: string;
    cost: number;
    keyLength: number;
    keyPrefix: string;
    [more: string]: unknown;
  };
  signature?: string | undefined;
}

export interface Solution {
  counter: number;
  derivedKey: string;
}

const ROUND = new Uint32Array(64);
const START = new Uint32Array(8);

/** The constants are the first 32 bits of the fractions of cube and square roots of the first primes (FIPS 180-4). */
function fillConstants(): void {
  const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) >>> 0;
  let found = 0;
  for (let candidate = 2; found < 64; candidate += 1) {
    let prime = true;
    for (let factor = 2; factor * factor <= candidate; factor += 1)
      if (candidate % factor === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(candidate));
    ROUND[found] = fraction(Math.cbrt(candidate));
    found += 1;
  }
}

function compress(state: Uint32Array, block: DataView, words: Uint32Array): void {
  const turn = (value: number, by: number): number => (value >>> by) | (value << (32 - by));
  const w = (index: number): number => words[index] as number;
  for (let i = 0; i < 16; i += 1) words[i] = block.getUint32(i * 4);
  for (let i = 16; i < 64; i += 1) {
    const a = w(i - 15);
    const b = w(i - 2);
    words[i] =
      w(i - 16) +
      (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) +
      w(i - 7) +
      (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i += 1) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const first = (h + s1 + ((e & f) ^ (~e & g)) + (ROUND[i] as number) + w(i)) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((value, index) => {
    state[index] = (state[index] as number) + value;
  });
}

/** SHA-256 of a short message. */
export function sha256(message: Uint8Array): Uint8Array {
  if (START[0] === 0) fillConstants();
  const padded = new Uint8Array(((message.length + 8) >> 6 << 6) + 64); // prettier-ignore
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 4, message.length * 8);
  const state = START.slice();
  const words = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += 64) compress(state, new DataView(padded.buffer, at, 64), words);
  const digest = new Uint8Array(32);
  const out = new DataView(digest.buffer);
  state.forEach((word, index) => { out.setUint32(index * 4, word); }); // prettier-ignore
  return digest;
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function toHex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Try `count` counters from `first` on. */
export function trySome(challenge: Challenge, first: number, count: number): Solution | null {
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  const prefix = fromHex(keyPrefix);
  const fixed = fromHex(salt + nonce);
  const message = new Uint8Array(fixed.length + 4);
  message.set(fixed);
  const view = new DataView(message.buffer);
  for (let counter = first; counter < first + count; counter += 1) {
    view.setUint32(fixed.length, counter);
    let key = sha256(message);
    for (let round = 1; round < cost; round += 1) key = sha256(key);
    if (prefix.every((byte, index) => key[index] === byte)) {
      return { counter, derivedKey: toHex(key.subarray(0, keyLength)) };
    }
  }
  return null;
}

/** What the server wants back: challenge and solution as base64 of JSON. */
export function payload(challenge: Challenge, solution: Solution): string {
  return btoa(JSON.stringify({ challenge, solution }));
}
