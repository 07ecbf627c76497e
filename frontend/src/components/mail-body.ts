/** What stands inside the frame of the reader: the base style, plain text as elements, folded quotations, marked words. */

import { linkSpans, quoteBlocks } from "@/pure/quoting";

/** Colours by the application's theme; a mail with colours of its own gets a light page (data-paper). */
export const FRAME_STYLE = `
  :root { color-scheme: light; }
  :root[data-theme="dark"] { color-scheme: dark; }
  :root[data-theme="dark"][data-paper] { color-scheme: light; }
  html, body { margin: 0; height: auto !important; min-height: 0 !important; background: transparent; overflow-x: auto; overflow-y: hidden; }
  body { padding: 2px 0 12px; font: 15px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
    color: light-dark(#19211f, #e7ecea); overflow-wrap: anywhere; }
  :root[data-theme="dark"][data-paper] body { padding: 14px; background: #fff; border-radius: 10px; }
  img { max-width: 100%; height: auto; }
  img:not([src]) { outline: 1px dashed light-dark(#b5beba, #56615d); outline-offset: -1px; min-width: 24px; min-height: 24px; color: inherit; font-size: 12px; }
  img:not([src])[width="0"], img:not([src])[width="1"], img:not([src])[height="1"] { display: none; }
  a { color: light-dark(#0a6659, #62cdb8); }
  table { max-width: 100%; }
  pre { white-space: pre-wrap; }
  blockquote { margin: 4px 0; padding: 2px 0 2px 14px; border-left: 3px solid light-dark(#cfd8d4, #3b4644); color: light-dark(#4f5b57, #aab5b1); }
  .mailnode-text { white-space: pre-wrap; }
  details.mailnode-quote > summary { display: inline-block; margin: 6px 0; padding: 0 10px; border-radius: 99px; background: light-dark(#e9ecea, #2d3538);
    color: light-dark(#4f5b57, #c3ccc9); font-size: 12px; line-height: 22px; list-style: none; cursor: pointer; }
  details.mailnode-quote > summary:focus-visible { outline: 2px solid light-dark(#0a6659, #62cdb8); }
  ::highlight(found) { background: light-dark(#ffe9a8, #6b5413); color: light-dark(#19211f, #e7ecea); }
`;

function spans(text: string, page: Document): Node[] {
  return linkSpans(text).map((span) => {
    if (span.kind === "text") return page.createTextNode(span.text);
    const link = page.createElement("a");
    link.href = span.href;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = span.text;
    return link;
  });
}

function folded(page: Document, label: string, ...inside: Node[]): HTMLElement {
  const details = page.createElement("details");
  details.className = "mailnode-quote";
  const summary = page.createElement("summary");
  summary.textContent = label;
  details.append(summary, ...inside);
  return details;
}

/** Plain text with its links; quotations folded unless nothing else stands there. */
export function textBody(text: string, page: Document, quoteLabel: string): DocumentFragment {
  const fragment = page.createDocumentFragment();
  const blocks = quoteBlocks(text);
  const onlyQuotes = blocks.every((block) => block.quoted || block.text.trim() === "");
  for (const block of blocks) {
    const part = page.createElement(block.quoted ? "blockquote" : "div");
    part.classList.add("mailnode-text");
    part.append(...spans(block.quoted ? block.text.replaceAll(/^> ?/gm, "") : block.text, page));
    fragment.append(block.quoted && !onlyQuotes ? folded(page, quoteLabel, part) : part);
  }
  return fragment;
}

/** Fold the quotation that ends an HTML mail. */
export function foldQuote(fragment: DocumentFragment, label: string): void {
  const page = fragment.ownerDocument;
  const quotes = [...fragment.querySelectorAll(".gmail_quote, blockquote")].filter(
    (one) => !one.parentElement?.closest(".gmail_quote, blockquote"),
  );
  const last = quotes[quotes.length - 1];
  if (!last) return;
  const before = page.createRange();
  before.setStart(fragment, 0);
  before.setEndBefore(last);
  const after = page.createRange();
  after.setStartAfter(last);
  after.setEnd(fragment, fragment.childNodes.length);
  if (after.toString().trim() !== "" || before.toString().trim() === "") return;
  const place = page.createComment("");
  last.replaceWith(place);
  place.replaceWith(folded(page, label, last));
}

/** Mark found words without touching the mail's elements. */
export function markWords(frame: Window & typeof globalThis, words: readonly string[]): void {
  if (!("highlights" in frame.CSS)) return;
  frame.CSS.highlights.delete("found");
  if (words.length === 0) return;
  const ranges: Range[] = [];
  const walker = frame.document.createTreeWalker(frame.document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && ranges.length < 500; node = walker.nextNode()) {
    const text = node.nodeValue?.toLowerCase() ?? "";
    for (const word of words) {
      const wanted = word.toLowerCase();
      for (let at = text.indexOf(wanted); wanted && at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
        const range = frame.document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + wanted.length);
        ranges.push(range);
      }
    }
  }
  frame.CSS.highlights.set("found", new frame.Highlight(...ranges));
}
