/** The words of the settings, apart from the others: whoever only reads mail needs none of them. */

import { i18n } from "./index.svelte";
import { settingsEn } from "./settings.en";
import { settingsZh } from "./settings.zh";
import type { Widened } from "./types";

export type SettingsDictionary = Widened<typeof settingsEn>;

export const settingsWords = {
  get t(): SettingsDictionary {
    return i18n.language === "zh-CN" ? settingsZh : settingsEn;
  },
};
