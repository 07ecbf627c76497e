/** What a language must offer: every key of the English dictionary, with the same arguments. */

import type { en } from "./en";

export type Widened<T> = T extends string
  ? string
  : T extends (...given: infer Given) => string
    ? (...given: Given) => string
    : T extends readonly string[]
      ? readonly string[]
      : { [Key in keyof T]: Widened<T[Key]> };

export type Dictionary = Widened<typeof en>;
export type Language = "zh-CN" | "en";
