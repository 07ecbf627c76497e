import { expect, test } from "vitest";

import { foldQuote, textBody } from "@/components/mail-body";
import { plainText } from "@/components/rich-text";

function page(): Document {
  return document.implementation.createHTMLDocument("");
}

function html(text: string): string {
  const box = document.createElement("div");
  box.append(textBody(text, page(), "quoted"));
  return box.innerHTML;
}

test("plain text is text, whatever it says", () => {
  expect(html("<b>x</b> & y")).toContain("&lt;b&gt;x&lt;/b&gt; &amp; y");
});

test("quotations are folded, and shown when nothing else is there", () => {
  expect(html("yes\n> no?")).toContain("<details");
  expect(html("> only this")).not.toContain("<details");
});

function folded(content: string): boolean {
  const fragment = page().createDocumentFragment();
  const box = document.createElement("div");
  box.innerHTML = content;
  fragment.append(...box.childNodes);
  foldQuote(fragment, "quoted");
  return fragment.querySelector("details") !== null;
}

test("only the quotation that ends a mail is folded", () => {
  expect(folded("<p>a</p><blockquote>b</blockquote>")).toBe(true);
  expect(folded("<p>a</p><blockquote>b</blockquote><p>c</p>")).toBe(false);
  expect(folded("<blockquote>b</blockquote>")).toBe(false);
});

test("the plain-text form of what is written", () => {
  const box = document.createElement("div");
  box.innerHTML =
    "<div>Hello  <b>you</b></div><div><br></div><ul><li>one</li><li>two</li></ul><blockquote><div>old</div><blockquote>older</blockquote></blockquote>";
  expect(plainText(box)).toBe("Hello you\n\n- one\n- two\n> old\n> > older\n");
});
