/** What became of messages, page by page, and the whole way of one. */

import * as api from "@/api/history";
import type { HistoryRow } from "@/api/history";
import type { Problem } from "@/api/http";
import type { Wanted } from "@/pure/history";

import { Listing } from "./listing.svelte";

export type { HistoryRow, HistoryStep } from "@/api/history";

const EMPTY_PAGES = 5; // that are passed over before people are asked whether to go on

/** `mine`: only what one has sent and got oneself. */
export class Histories {
  /** For how many days things are kept; 0 before the server has said so. */
  days = $state(0);
  refusedDays = $state(0);
  readonly listing = new Listing<HistoryRow>(({ cursor }) => this.#page(cursor));
  readonly mine: boolean;
  #question: api.Question;

  constructor(mine: boolean) {
    this.mine = mine;
    this.#question = { mine };
  }

  ask({ kind, value, refused }: Wanted): Promise<void> {
    const { mine } = this;
    this.#question = value === "" ? { mine, refused } : { mine, refused, [kind]: value };
    this.listing.items = []; // they answer another question
    this.listing.next = null;
    return this.listing.load();
  }

  /** None for a message that is not known any more, or is another's. */
  async story(id: number): Promise<HistoryRow[]> {
    try {
      return (await api.story(id, this.mine)).items;
    } catch (error) {
      if ((error as Problem).status === 404) return [];
      throw error;
    }
  }

  /** A page of the server may be empty although others follow. */
  async #page(cursor: string | null) {
    const question = this.#question;
    let page = await api.page(question, cursor);
    for (let passed = 0; page.items.length === 0 && page.next !== null && passed < EMPTY_PAGES; passed += 1)
      page = await api.page(question, page.next);
    this.days = page.days;
    this.refusedDays = page.refused_days;
    return { ...page, total: 0 };
  }
}
