/** Squire made ours: it takes HTML only through our sanitizer, its history too, and gives plain text besides. */

import Squire from "squire-rte";

import { cleanForComposer, cleanHistory } from "./sanitize";

export class Editor extends Squire {
  constructor(root: HTMLElement) {
    super(root, {
      blockTag: "DIV",
      sanitizeToDOMFragment: (html: string) => document.importNode(cleanForComposer(html), true),
      addLinks: true,
    });
  }

  /** What stands there at first. Apart from the editor's watching: a beginning is no change. */
  begin(html: string, cids: Readonly<Record<string, string>>): void {
    this.modifyDocument(() => {
      this._root.replaceChildren(document.importNode(cleanForComposer(html, cids), true));
      if (this._root.lastChild === null) this._root.append(this.createDefaultBlock());
    });
  }

  /** Undo and redo write markup back; a string would be refused by Trusted Types. */
  override _setRawHTML(html: string): this {
    this._root.replaceChildren(document.importNode(cleanHistory(html), true));
    if (this._root.lastChild === null) this._root.append(this.createDefaultBlock());
    return this;
  }
}

const BLOCKS =
  /^(?:ADDRESS|ARTICLE|ASIDE|BLOCKQUOTE|DD|DIV|DL|DT|FIGURE|FOOTER|H[1-6]|HEADER|HR|LI|OL|P|PRE|SECTION|TABLE|TR|UL)$/;

class Lines {
  done: string[] = [];
  #line = "";
  #prefix = "";

  text(text: string): void {
    this.#line += text;
  }

  /** End the line when something stands on it, or in any case. */
  end(always = false): void {
    if (!always && this.#line === "") return;
    this.done.push(this.#prefix + this.#line.trimEnd());
    this.#line = "";
  }

  deeper<T>(prefix: string, inside: () => T): void {
    const before = this.#prefix;
    this.end();
    this.#prefix += prefix;
    inside();
    this.end();
    this.#prefix = before;
  }
}

function walk(node: Node, lines: Lines): void {
  for (const child of node.childNodes) {
    if (child instanceof Text) lines.text(child.data.replaceAll(/[\s\u200b]+/g, " "));
    else if (child instanceof HTMLElement) element(child, lines);
  }
}

function element(node: HTMLElement, lines: Lines): void {
  if (node.tagName === "BR") {
    lines.end(true);
    return;
  }
  if (node.tagName === "IMG") {
    lines.text(node.getAttribute("alt") ?? "");
    return;
  }
  if (node.tagName === "BLOCKQUOTE") {
    lines.deeper("> ", () => { walk(node, lines); }); // prettier-ignore
    return;
  }
  const block = BLOCKS.test(node.tagName);
  if (block) lines.end();
  if (node.tagName === "LI") lines.text("- ");
  walk(node, lines);
  const href = node.tagName === "A" ? (node.getAttribute("href") ?? "") : "";
  if (href && !href.endsWith(node.innerText.trim())) lines.text(` <${href}>`);
  if (/^T[DH]$/.test(node.tagName)) lines.text("\t");
  if (block) lines.end();
}

/** The plain-text form of what is written: quotations with ">", lists with "-", links with their address. */
export function plainText(root: HTMLElement): string {
  const lines = new Lines();
  walk(root, lines);
  lines.end();
  return `${lines.done.join("\n").replace(/\s+$/, "")}\n`;
}
