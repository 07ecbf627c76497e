/**
 * The keyboard, one table: what the keys do, what the help sheet shows. Names follow Gmail's published list.
 *
 * A binding is one key ("e"), a key with Shift ("Shift+i") or two keys one after the other ("g i"). Signs that need
 * Shift on some keyboards ("#", "!", "?", "*") are named by the sign alone.
 */

export type Action =
  | "compose" | "search" | "next" | "previous" | "open" | "back" | "select" | "star" | "archive" | "delete" | "spam"
  | "reply" | "replyAll" | "forward" | "undo" | "move" | "markRead" | "markUnread" | "archiveNext" | "archivePrevious"
  | "selectAll" | "selectNone" | "selectRead" | "selectUnread" | "selectStarred" | "selectUnstarred"
  | "goInbox" | "goStarred" | "goSent" | "goDrafts" | "goAll" | "help"; // prettier-ignore

export type Group = "move" | "act" | "write" | "select" | "go" | "app";

export interface Shortcut {
  keys: string;
  action: Action;
  group: Group;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: "j", action: "next", group: "move" },
  { keys: "k", action: "previous", group: "move" },
  { keys: "o", action: "open", group: "move" },
  { keys: "Enter", action: "open", group: "move" },
  { keys: "u", action: "back", group: "move" },
  { keys: "e", action: "archive", group: "act" },
  { keys: "#", action: "delete", group: "act" },
  { keys: "!", action: "spam", group: "act" },
  { keys: "v", action: "move", group: "act" },
  { keys: "s", action: "star", group: "act" },
  { keys: "Shift+i", action: "markRead", group: "act" },
  { keys: "Shift+u", action: "markUnread", group: "act" },
  { keys: "[", action: "archivePrevious", group: "act" },
  { keys: "]", action: "archiveNext", group: "act" },
  { keys: "z", action: "undo", group: "act" },
  { keys: "c", action: "compose", group: "write" },
  { keys: "r", action: "reply", group: "write" },
  { keys: "a", action: "replyAll", group: "write" },
  { keys: "f", action: "forward", group: "write" },
  { keys: "x", action: "select", group: "select" },
  { keys: "* a", action: "selectAll", group: "select" },
  { keys: "* n", action: "selectNone", group: "select" },
  { keys: "* r", action: "selectRead", group: "select" },
  { keys: "* u", action: "selectUnread", group: "select" },
  { keys: "* s", action: "selectStarred", group: "select" },
  { keys: "* t", action: "selectUnstarred", group: "select" },
  { keys: "g i", action: "goInbox", group: "go" },
  { keys: "g s", action: "goStarred", group: "go" },
  { keys: "g t", action: "goSent", group: "go" },
  { keys: "g d", action: "goDrafts", group: "go" },
  { keys: "g a", action: "goAll", group: "go" },
  { keys: "/", action: "search", group: "app" },
  { keys: "?", action: "help", group: "app" },
];

/** What the matcher needs of a KeyboardEvent. */
export interface Stroke {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  isComposing: boolean;
}

const PATIENCE = 1500; // ms that a first key waits for its second

/** The name of a stroke as the table writes it, or null when it is none of ours. */
export function strokeName(stroke: Stroke): string | null {
  // "Process" is what some input methods report in place of the key while they compose.
  if (stroke.isComposing || stroke.key === "Process") return null;
  if (stroke.ctrlKey || stroke.metaKey || stroke.altKey) return null;
  if (/^[a-z]$/i.test(stroke.key)) {
    const letter = stroke.key.toLowerCase();
    return stroke.shiftKey ? `Shift+${letter}` : letter;
  }
  return stroke.key;
}

/** Recognises the table's keys, sequences included. `now` is in milliseconds. */
export class Matcher {
  #pending = "";
  #since = 0;

  press(stroke: Stroke, now: number): Action | "pending" | null {
    const name = strokeName(stroke);
    if (name === null || name === "Shift") return null;
    const first = now - this.#since <= PATIENCE ? this.#pending : "";
    this.#pending = "";
    const keys = first ? `${first} ${name}` : name;
    const hit = SHORTCUTS.find((shortcut) => shortcut.keys === keys);
    if (hit) return hit.action;
    if (!first && SHORTCUTS.some((shortcut) => shortcut.keys.startsWith(`${name} `))) {
      this.#pending = name;
      this.#since = now;
      return "pending";
    }
    return null;
  }
}
