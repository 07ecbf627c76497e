/** The words of the administration, apart from the others because few people ever load them. */

import { adminEn } from "./admin.en";
import { adminZh } from "./admin.zh";
import { i18n } from "./index.svelte";
import type { Widened } from "./types";

export type AdminDictionary = Widened<typeof adminEn>;

export const adminWords = {
  get t(): AdminDictionary {
    return i18n.language === "zh-CN" ? adminZh : adminEn;
  },
};
