/** The words about what became of messages, apart from the others: only settings and administration need them. */

import { historyEn } from "./history.en";
import { historyZh } from "./history.zh";
import { i18n } from "./index.svelte";
import type { Widened } from "./types";

export type HistoryDictionary = Widened<typeof historyEn>;

export const historyWords = {
  get t(): HistoryDictionary {
    return i18n.language === "zh-CN" ? historyZh : historyEn;
  },
};
