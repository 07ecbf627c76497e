/** Keys to commands: never while somebody types, composes through an input method, or has a window open on top. */

import { Matcher } from "@/pure/shortcuts";
import { list } from "@/state/list.svelte";
import { session } from "@/state/session.svelte";

import { run } from "./commands";

const matcher = new Matcher();
const TYPING = "input, textarea, select, [contenteditable=true], [role=menu], dialog[open]";
const PRESSING = "button, a, summary, [role=separator], [role=combobox]";

/** For the window and for the document inside the reader's frame. */
export function onkeydown(event: KeyboardEvent): void {
  const target = event.target as Element;
  if (event.defaultPrevented || target.closest(TYPING) || document.querySelector("dialog[open]")) return;
  // Enter on a button presses it, and space always belongs to the page.
  if (event.key === "Enter" && target.closest(PRESSING)) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!target.closest("[role=listbox]")) return;
    run(event.key === "ArrowDown" ? "next" : "previous");
    event.preventDefault();
    return;
  }
  if (event.key === " " && target.closest("[role=listbox]")) {
    run("select");
    event.preventDefault();
    return;
  }
  if (event.key === "Escape" && list.selected.size > 0) {
    list.select("none");
    return;
  }
  if (event.key !== "Enter" && !session.preferences.singleKeys) return;
  const action = matcher.press(event, performance.now());
  if (action === null) return;
  event.preventDefault();
  if (action !== "pending") run(action);
}
