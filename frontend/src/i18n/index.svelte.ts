/**
 * The language in use. Components read `i18n.t`, and are drawn again when the language changes.
 *
 * Each language is a chunk of its own: `start` must have ended before anything is drawn.
 */

import type { Dictionary, Language } from "./types";

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

async function load(language: Language): Promise<Dictionary> {
  return language === "zh-CN" ? (await import("./zh")).zh : (await import("./en")).en;
}

class I18n {
  language = $state<Language>(preferred());
  #words = $state.raw<Dictionary>();

  get t(): Dictionary {
    if (!this.#words) throw new Error("i18n.start has not ended");
    return this.#words;
  }

  start(): Promise<void> {
    return this.set(this.language);
  }

  /** Switch, remember, and tell the page (screen readers choose their voice by it). */
  async set(language: Language): Promise<void> {
    this.#words = await load(language);
    this.language = language;
    localStorage.setItem(KEPT, language);
    document.documentElement.lang = language;
  }
}

export const i18n = new I18n();
