/** The words about sending, apart from the others: only settings and administration need them. */

import { i18n } from "./index.svelte";
import { sendingEn } from "./sending.en";
import { sendingZh } from "./sending.zh";
import type { Widened } from "./types";

export type SendingDictionary = Widened<typeof sendingEn>;

export const sendingWords = {
  get t(): SendingDictionary {
    return i18n.language === "zh-CN" ? sendingZh : sendingEn;
  },
};
