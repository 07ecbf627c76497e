/** The words about bringing mail back, apart from the others: only the settings need them. */

import { i18n } from "./index.svelte";
import { restoreEn } from "./restore.en";
import { restoreZh } from "./restore.zh";
import type { Widened } from "./types";

export type RestoreDictionary = Widened<typeof restoreEn>;

export const restoreWords = {
  get t(): RestoreDictionary {
    return i18n.language === "zh-CN" ? restoreZh : restoreEn;
  },
};
