/** 找回邮件所用的中文。 */

import type { RestoreDictionary } from "./restore.svelte";

const grouped = (n: number): string => n.toLocaleString("zh-CN");

export const restoreZh: RestoreDictionary = {
  title: "找回邮件",
  about: "被删除、移动或更改的邮件可以恢复到当时的样子；之后收到的邮件不受影响。",
  since: (time) => `可恢复到 ${time} 之后的任何时间。`,
  at: "恢复到",
  which: "邮箱夹",
  all: "全部邮箱夹",
  look: "查看将发生的更改",
  nothing: "没有需要恢复的内容。",
  put: "恢复",
  counts: (returned, moved, flagged, mailboxes, subscriptions) =>
    [
      [returned, "找回邮件", "封"] as const,
      [moved, "移回邮件", "封"] as const,
      [flagged, "恢复标记", "封"] as const,
      [mailboxes, "恢复邮箱夹", "个"] as const,
      [subscriptions, "恢复订阅", "项"] as const,
    ]
      .filter(([n]) => n > 0)
      .map(([n, what, unit]) => `${what} ${grouped(n)} ${unit}`)
      .join("，"),
  lost: (n) => `${grouped(n)} 封已不再保留，无法找回。`,
  more: (n) => `… 另有 ${grouped(n)} 封`,
  kinds: { return: "找回", move: "移回", flags: "标记", lost: "不再保留" },
  noSubject: "（无主题）",
  done: "邮件已恢复到当时的样子",
};
