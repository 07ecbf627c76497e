/**
 * The styles of a mail, by the browser's own parser: what moves things out of their place, what measures the window
 * (a frame as high as its text would feed on itself) and what fetches is taken out.
 */

export interface Remote {
  /** Where to fetch this from, or null to leave it out. */
  address(src: string): string | null;
}

const MISPLACING =
  /^(?:position|z-index|inset.*|top|left|right|bottom|transform|translate|float-.*|animation.*|transition.*|content-visibility|cursor|pointer-events|view-transition.*|anchor-.*)$/;
const WINDOW_UNITS = /\d(?:[sld]?v(?:h|w|min|max|b|i))\b/i;
const FETCHING = /(?:url|image-set|image|src|cross-fade|element|paint)\s*\(/i;
const PLAIN_URL = /^\s*url\(\s*(?:"([^"\\]*)"|'([^'\\]*)'|([^"'()\\\s]*))\s*\)\s*/i;

/** The value with its picture from the right place; null when it must go. */
function fetched(value: string, remote: Remote): string | null {
  const plain = PLAIN_URL.exec(value);
  const src = plain?.[1] ?? plain?.[2] ?? plain?.[3];
  if (plain === null || src === undefined) {
    // Something stranger than one picture: count it as one, and leave it out.
    if (/(?:https?:)?\/\//i.test(value)) remote.address("https://");
    return null;
  }
  const address = remote.address(src);
  const rest = value.slice(plain[0].length);
  return address === null || FETCHING.test(rest) ? null : `url("${address}") ${rest}`;
}

/** Clean a list of declarations in place. */
export function cleanDeclarations(style: CSSStyleDeclaration, remote: Remote): void {
  // Long hands that share one picture (background-image from background) are seen once each: CSSOM lists long hands only.
  for (const name of Array.from(style)) {
    const value = style.getPropertyValue(name);
    if (name.startsWith("--") || MISPLACING.test(name) || /\bvar\(|\battr\(|expression\(/i.test(value)) {
      if (FETCHING.test(value)) fetched(value, remote);
      style.removeProperty(name);
    } else if (WINDOW_UNITS.test(value)) style.removeProperty(name);
    else if (FETCHING.test(value)) {
      const kept = fetched(value, remote);
      if (kept === null) style.removeProperty(name);
      else style.setProperty(name, kept.trim(), style.getPropertyPriority(name));
    }
  }
}

function cleanRules(owner: CSSStyleSheet | CSSGroupingRule, remote: Remote, depth: number): void {
  for (let index = owner.cssRules.length - 1; index >= 0; index -= 1) {
    const rule = owner.cssRules[index];
    if (rule instanceof CSSStyleRule) cleanDeclarations(rule.style, remote);
    else if ((rule instanceof CSSMediaRule || rule instanceof CSSSupportsRule) && depth < 4)
      cleanRules(rule, remote, depth + 1);
    else owner.deleteRule(index); // @import, @font-face, @keyframes, @layer and whatever comes next
  }
}

/** A <style> element's text, cleaned; "" where the browser cannot parse apart from a page. */
export function cleanSheet(css: string, remote: Remote): string {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    cleanRules(sheet, remote, 0);
    return Array.from(sheet.cssRules, (rule) => rule.cssText).join("\n");
  } catch {
    return "";
  }
}
