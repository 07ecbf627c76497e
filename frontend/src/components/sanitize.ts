/**
 * The one DOMPurify of the application. A second instance could not create its Trusted Types policy and would break the
 * composer, so everything that cleans HTML comes through here.
 *
 * DOMPurify takes out what can run; what is added here: nothing is fetched from elsewhere unless the reader's proxy is
 * given, nothing can leave its place on the page, and links say where they lead.
 */

import DOMPurify from "dompurify";

import { cleanDeclarations, cleanSheet, type Remote } from "./mail-css";

export interface Pictures {
  /** Content-ID -> address of the part. */
  cids: Readonly<Record<string, string>>;
  /** Prefix of the picture proxy; null leaves remote pictures out. */
  proxy: string | null;
}

export interface Cleaned {
  fragment: DocumentFragment;
  /** Remote pictures left out, those in styles included. */
  blocked: number;
  /** The mail sets colours of its own, so it needs a light page. */
  coloured: boolean;
}

const FORBIDDEN = [
  "form", "input", "button", "select", "textarea", "option", "iframe", "frame", "object", "embed", "audio", "video",
  "source", "track", "dialog", "template", "slot", "link", "meta", "base", "svg", "math",
]; // prettier-ignore
const FORBIDDEN_ATTRIBUTES = [
  "srcset",
  "ping",
  "autofocus",
  "tabindex",
  "contenteditable",
  "action",
  "formaction",
  "popover",
];
const RASTER = /^data:image\/(?:png|jpe?g|gif|webp|bmp|avif);/i;
const REMOTE = /^\s*(?:https?:)?\/\//i;
const LINK = /^(?:https?:|mailto:|tel:)/i;
const COLOURS = /(?:^|[;\s])(?:background(?:-color)?|color)\s*:/i;

function remoteAddress(src: string): string {
  return src.trim().startsWith("//") ? `https:${src.trim()}` : src.trim();
}

/** Counts what is left out; gives the proxied address of what may be shown. */
class Gate implements Remote {
  blocked = 0;
  readonly #proxy: string | null;

  constructor(proxy: string | null) {
    this.#proxy = proxy;
  }

  address(src: string): string | null {
    if (RASTER.test(src)) return src;
    if (!REMOTE.test(src)) return null;
    if (this.#proxy === null) {
      this.blocked += 1;
      return null;
    }
    return this.#proxy + encodeURIComponent(remoteAddress(src));
  }
}

function fixPicture(picture: Element, pictures: Pictures, gate: Gate, keepSource: boolean): void {
  const src = picture.getAttribute("src") ?? "";
  picture.setAttribute("loading", "lazy");
  if (/^cid:/i.test(src)) {
    const cid = decodeURI(src.slice(4)).replace(/^<|>$/g, "");
    const part = pictures.cids[cid];
    if (part) picture.setAttribute("src", part);
    else picture.removeAttribute("src");
    if (keepSource) picture.setAttribute("data-cid", cid);
    return;
  }
  const address = gate.address(src);
  if (address !== null) picture.setAttribute("src", address);
  else picture.removeAttribute("src");
  if (keepSource && REMOTE.test(src)) picture.setAttribute("data-src", remoteAddress(src));
}

function fixLink(link: Element): void {
  const href = link.getAttribute("href")?.trim() ?? "";
  if (!LINK.test(href)) {
    link.removeAttribute("href");
    return;
  }
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer");
  link.setAttribute("title", href);
}

function fix(root: ParentNode, pictures: Pictures, keepSource: boolean): { gate: Gate; coloured: boolean } {
  const gate = new Gate(pictures.proxy);
  let coloured = false;
  for (const sheet of root.querySelectorAll("style")) {
    const css = cleanSheet(sheet.textContent, gate);
    sheet.textContent = css;
    if (COLOURS.test(css)) coloured = true;
  }
  for (const element of root.querySelectorAll<HTMLElement>("[style]")) {
    cleanDeclarations(element.style, gate);
    const css = element.style.cssText;
    element.setAttribute("style", css); // or what this browser does not know would stand in the answer for another's
    if (COLOURS.test(css)) coloured = true;
  }
  for (const element of root.querySelectorAll("[background]")) {
    gate.address(element.getAttribute("background") ?? "");
    element.removeAttribute("background");
  }
  if (root.querySelector("[bgcolor], font[color]")) coloured = true;
  for (const picture of root.querySelectorAll("img")) fixPicture(picture, pictures, gate, keepSource);
  for (const link of root.querySelectorAll("a, area")) fixLink(link);
  return { gate, coloured };
}

/** For the frame of the reader: the mail's own styles stay. */
export function cleanForReader(html: string, pictures: Pictures): Cleaned {
  const page = DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    WHOLE_DOCUMENT: true,
    RETURN_DOM: true,
    FORBID_TAGS: FORBIDDEN,
    FORBID_ATTR: FORBIDDEN_ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
  }) as HTMLHtmlElement; // what WHOLE_DOCUMENT with RETURN_DOM gives
  const { gate, coloured } = fix(page, pictures, false);
  const document = page.ownerDocument;
  const fragment = document.createDocumentFragment();
  fragment.append(...page.querySelectorAll("style"));
  const body = page.querySelector("body");
  const wrapper = document.createElement("div");
  const background = body?.getAttribute("bgcolor");
  if (background) wrapper.style.backgroundColor = background;
  if (body) {
    for (const [name, value] of Object.entries({
      style: body.getAttribute("style"),
      class: body.getAttribute("class"),
    })) {
      if (value) wrapper.setAttribute(name, value);
    }
    wrapper.append(...body.childNodes);
  }
  fragment.append(wrapper);
  return { fragment, blocked: gate.blocked, coloured: coloured || Boolean(background) };
}

/**
 * For the composer, which lives in the document of the application: no style sheets, no classes, no ids, so that a mail
 * cannot borrow the application's looks. Where pictures came from is kept beside them for the answer.
 */
export function cleanForComposer(html: string, cids: Pictures["cids"] = {}): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    RETURN_DOM_FRAGMENT: true,
    FORBID_TAGS: [...FORBIDDEN, "style"],
    FORBID_ATTR: [...FORBIDDEN_ATTRIBUTES, "class", "id", "name"],
    ADD_ATTR: ["data-src", "data-cid"],
    ALLOW_DATA_ATTR: false,
  });
  fix(fragment, { cids: { ...cids, ...partsOf(fragment) }, proxy: null }, true);
  return fragment;
}

/** Pictures of the composer that already point to a part or an upload of ours. */
function partsOf(fragment: DocumentFragment): Record<string, string> {
  const known: Record<string, string> = {};
  for (const picture of fragment.querySelectorAll("img[data-cid]")) {
    const src = picture.getAttribute("src") ?? "";
    const cid = picture.getAttribute("data-cid") ?? "";
    if (/^(?:\/api\/|blob:)/.test(src)) {
      known[cid] = src;
      picture.setAttribute("src", `cid:${cid}`);
    }
  }
  return known;
}

/** The editor's undo history only: its own markup with the marks of the selection. */
export function cleanHistory(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    RETURN_DOM_FRAGMENT: true,
    ADD_TAGS: ["input"],
    ADD_ATTR: ["data-src", "data-cid"],
    FORBID_TAGS: FORBIDDEN.filter((tag) => tag !== "input"),
  });
}

/** From the editor to the message: pictures get their true addresses again. */
export function mailHtml(editor: HTMLElement): string {
  const page = document.implementation.createHTMLDocument("");
  const copy = page.importNode(editor, true); // a document that fetches nothing
  for (const picture of copy.querySelectorAll("img")) {
    const { src: source, cid } = picture.dataset;
    if (cid) picture.setAttribute("src", `cid:${cid}`);
    else if (source) picture.setAttribute("src", source);
    picture.removeAttribute("data-src");
    picture.removeAttribute("data-cid");
    picture.removeAttribute("loading");
  }
  for (const link of copy.querySelectorAll("a")) {
    for (const name of ["target", "rel", "title"]) link.removeAttribute(name);
  }
  return copy.innerHTML;
}
