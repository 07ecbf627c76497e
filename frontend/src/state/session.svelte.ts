/** Who is logged in, and their preferences (kept on the server, so that they follow to the next machine). */

import { sessionEnded } from "@/api/http";
import * as api from "@/api/session";
import type { Me, ServerInfo, Session } from "@/api/types";
import { i18n, type Language } from "@/i18n/index.svelte";

import { words } from "./toasts.svelte";

export interface Preferences {
  density: "comfortable" | "compact";
  /** Seconds that the server holds a message back. */
  undoSeconds: number;
  singleKeys: boolean;
  images: "ask" | "always";
  imageSenders: string[];
  imageDomains: string[];
  searches: string[];
}

const DEFAULTS: Preferences = {
  density: "comfortable",
  undoSeconds: 10,
  singleKeys: true,
  images: "ask",
  imageSenders: [],
  imageDomains: [],
  searches: [],
};

// The server takes 8 kB of settings: the lists keep their newest entries.
const MOST_KEPT = { imageSenders: 60, imageDomains: 30, searches: 8 } as const;

class SessionState {
  status = $state<"starting" | "out" | "in">("starting");
  /** True when the log-in page is shown because an old session ended. */
  ended = $state(false);
  me = $state.raw<Me | null>(null);
  server = $state.raw<ServerInfo | null>(null);
  /** Why it cannot be told whether somebody is logged in. */
  failure = $state("");
  #last: string | null = null; // who was logged in before

  get preferences(): Preferences {
    return { ...DEFAULTS, ...(this.me?.settings as Partial<Preferences> | undefined) };
  }

  get isAdmin(): boolean {
    return this.me !== null && (this.me.admin || this.me.admin_domains.length > 0);
  }

  async start(): Promise<void> {
    sessionEnded(() => {
      if (this.status === "in") this.ended = true;
      this.#leave();
    });
    try {
      if (api.hasSession()) await this.#enter(await api.me());
      else this.#leave();
      this.failure = "";
    } catch (error) {
      const { status } = error as { status?: number };
      // A server that is down has ended nobody's session.
      if (status === undefined || status === 0 || status >= 500) this.failure = words(error);
      else this.#leave();
    }
  }

  async logIn(name: string, password: string): Promise<void> {
    const { user } = await api.logIn(name, password);
    if (this.#last !== null && this.#last !== user.address) {
      location.hash = "#/mail";
      location.reload(); // nothing of the one whose session has ended stays in memory
      return;
    }
    this.ended = false;
    await this.#enter(user);
  }

  async logOut(): Promise<void> {
    await api.logOut().catch(() => undefined); // gone is gone, also without a network
    this.#leave();
    location.reload(); // nothing of the one who left stays in memory
  }

  async loadServer(): Promise<ServerInfo> {
    this.server ??= await api.server();
    return this.server;
  }

  async refreshMe(): Promise<void> {
    this.me = await api.me();
  }

  async prefer(changes: Partial<Preferences>): Promise<void> {
    if (!this.me) return;
    const before = this.me;
    const settings = { ...before.settings, ...this.preferences, ...changes };
    for (const [key, most] of Object.entries(MOST_KEPT)) {
      settings[key as keyof typeof MOST_KEPT] = settings[key as keyof typeof MOST_KEPT].slice(-most);
    }
    this.me = { ...before, settings: settings as unknown as Record<string, unknown> };
    try {
      await api.changeMe({ settings: this.me.settings });
    } catch (error) {
      this.me = before;
      throw error;
    }
  }

  async change(changes: { name?: string; language?: Language }): Promise<void> {
    this.me = await api.changeMe(changes);
  }

  changePassword(old: string, wanted: string): Promise<undefined> {
    return api.changePassword(old, wanted);
  }

  async sessions(): Promise<Session[]> {
    return (await api.sessions()).items;
  }

  endSession(id: string): Promise<undefined> {
    return api.endSession(id);
  }

  async #enter(me: Me): Promise<void> {
    if ((me.language === "zh-CN" || me.language === "en") && me.language !== i18n.language)
      await i18n.set(me.language);
    this.me = me;
    this.#last = me.address;
    this.status = "in";
  }

  #leave(): void {
    this.me = null;
    this.status = "out";
  }
}

export const session = new SessionState();
