/**
 * The search box: text to terms, terms to text. The server reads the text itself; this makes the chips and the panel.
 *
 * from: to: subject: has:attachment filename: in: label: is: before: after: larger: smaller: -word "phrase" OR,
 * and the same words in Chinese, with half-width or full-width colons and quotes.
 */

export const FIELDS = [
  "from", "to", "cc", "subject", "has", "filename", "in", "label", "is", "before", "after", "larger", "smaller",
] as const; // prettier-ignore
export type Field = (typeof FIELDS)[number];

const CHINESE: Record<string, Field> = {
  发件人: "from", 收件人: "to", 抄送: "cc", 主题: "subject", 附件: "has", 包含: "has", 文件名: "filename", 位于: "in", 文件夹: "in",
  标签: "label", 是: "is", 状态: "is", 早于: "before", 晚于: "after", 大于: "larger", 小于: "smaller",
}; // prettier-ignore

const CHINESE_VALUES: Record<string, string> = {
  有: "attachment", 附件: "attachment", 未读: "unread", 已读: "read", 星标: "starred", 已加星标: "starred", 已回复: "answered", 草稿: "draft",
}; // prettier-ignore

export interface Term {
  /** "text" is a bare word or phrase; "or" the operator between two terms. */
  field: Field | "text" | "or";
  value: string;
  negated: boolean;
}

const TOKEN = /(-?)(?:([\p{L}]+)[:：])?(?:"([^"]*)"?|“([^”]*)”?|(\S+))/gu;

function fieldOf(name: string): Field | undefined {
  const lower = name.toLowerCase();
  return FIELDS.find((field) => field === lower) ?? CHINESE[lower];
}

/** Every term in the order typed. "http://x" and unknown names stay plain text. */
export function parseQuery(text: string): Term[] {
  const terms: Term[] = [];
  for (const found of text.matchAll(TOKEN)) {
    const [whole, minus, name, straight, curly, word] = found;
    const value = straight ?? curly ?? word ?? "";
    const field = name ? fieldOf(name) : undefined;
    if (field) terms.push({ field, value: CHINESE_VALUES[value] ?? value, negated: minus === "-" });
    else if (whole === "OR" || whole === "或") terms.push({ field: "or", value: "OR", negated: false });
    else if (name)
      terms.push({ field: "text", value: whole.slice(minus?.length ?? 0), negated: minus === "-" });
    else if (value !== "") terms.push({ field: "text", value, negated: minus === "-" });
  }
  return terms;
}

function quoted(value: string): string {
  return value === "" || /[\s"“”]/.test(value) ? `"${value.replaceAll('"', "")}"` : value;
}

/** The text that parses to these terms, in the half-width English form that the server reads. */
export function formatQuery(terms: readonly Term[]): string {
  return terms
    .map(({ field, value, negated }) => {
      if (field === "or") return "OR";
      return `${negated ? "-" : ""}${field === "text" ? "" : `${field}:`}${quoted(value)}`;
    })
    .join(" ");
}
