/** The language in use. Components read `i18n.t`, and are drawn again when the language changes. */

import { en } from "./en";
import type { Dictionary, Language } from "./types";
import { zh } from "./zh";

export type { Dictionary, Language } from "./types";

const KEPT = "mailnode.language";
export const LANGUAGES: readonly { code: Language; name: string }[] = [
  { code: "zh-CN", name: "简体中文" },
  { code: "en", name: "English" },
];

function preferred(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "zh-CN" || kept === "en") return kept;
  return navigator.languages.some((one) => one.toLowerCase().startsWith("zh")) ? "zh-CN" : "en";
}

class I18n {
  language = $state<Language>(preferred());

  get t(): Dictionary {
    return this.language === "zh-CN" ? zh : en;
  }

  /** Switch, remember, and tell the page (screen readers choose their voice by it). */
  set(language: Language): void {
    this.language = language;
    localStorage.setItem(KEPT, language);
    document.documentElement.lang = language;
  }
}

export const i18n = new I18n();
