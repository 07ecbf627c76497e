/** What of the window is open besides the route: drawer, help, the picker of a move, questions. */

import { innerWidth } from "svelte/reactivity/window";

const KEPT_WIDTH = "mailnode.listWidth";

export interface Question {
  title: string;
  text: string;
  action: string;
  /** Throws when it fails. */
  onconfirm: () => unknown;
}

class Ui {
  drawer = $state(false);
  help = $state(false);
  /** Messages that wait for the choice of a mailbox. */
  moving = $state.raw<string[] | null>(null);
  question = $state.raw<Question | null>(null);
  /** The mailbox that gets another name; "new" for one to be made. */
  naming = $state.raw<{ id: number; name: string } | "new" | null>(null);
  /** The search as a form: what stands in the box, and whom to tell. */
  panel = $state.raw<{ start: string; search: (query: string) => void } | null>(null);
  listWidth = $state(Number(localStorage.getItem(KEPT_WIDTH)) || 392);
  /** Set by the parts that can be given the focus by a key. */
  focusSearch: () => void = () => undefined;
  focusList: () => void = () => undefined;

  /** One pane, two (the mailboxes in a drawer) or three. */
  get panes(): 1 | 2 | 3 {
    const width = innerWidth.current ?? 1280;
    if (width < 760) return 1;
    return width < 1100 ? 2 : 3;
  }

  /** Something stands over the mail. */
  get overlaid(): boolean {
    return this.help || [this.moving, this.question, this.naming, this.panel].some((one) => one !== null);
  }

  setListWidth(width: number): void {
    this.listWidth = width;
    localStorage.setItem(KEPT_WIDTH, String(width));
  }

  ask(question: Question): void {
    this.question = question;
  }
}

export const ui = new Ui();
