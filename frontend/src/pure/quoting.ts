/** Plain text of messages: what is quoted in it, and its links. */

export type Span = { kind: "text"; text: string } | { kind: "link"; text: string; href: string };

const LINK = /\b(?:https?:\/\/|www\.)[^\s<>"'，。；：！？、）》」』】]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;
const TRAILING = /[.,;:!?'"*_~]+$/;

function hrefOf(text: string): string {
  if (/^https?:/i.test(text)) return text;
  return /^www\./i.test(text) ? `https://${text}` : `mailto:${text}`;
}

/** Text cut into plain spans and links. A closing bracket belongs to the link only when the link opened it. */
export function linkSpans(text: string): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const found of text.matchAll(LINK)) {
    let link = found[0].replace(TRAILING, "");
    if (link.endsWith(")") && !link.includes("(")) link = link.slice(0, -1).replace(TRAILING, "");
    if (!link) continue;
    if (found.index > at) spans.push({ kind: "text", text: text.slice(at, found.index) });
    spans.push({ kind: "link", text: link, href: hrefOf(link) });
    at = found.index + link.length;
  }
  if (at < text.length) spans.push({ kind: "text", text: text.slice(at) });
  return spans;
}

export interface Block {
  quoted: boolean;
  text: string;
}

/** Runs of lines that are quoted (">") and runs that are not. */
export function quoteBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  for (const line of text.replaceAll(/\r\n?/g, "\n").split("\n")) {
    const quoted = line.startsWith(">");
    const last = blocks[blocks.length - 1];
    if (last && last.quoted === quoted) last.text += `\n${line}`;
    else blocks.push({ quoted, text: line });
  }
  return blocks;
}
