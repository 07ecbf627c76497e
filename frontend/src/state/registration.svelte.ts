/** Signing up: the open domains, the proof of work in slices between frames, the wish itself. */

import * as api from "@/api/registrations";
import type { OpenDomain } from "@/api/types";
import { payload, trySome, type Challenge } from "@/pure/challenge";

const SLICE = 8; // ms of work between frames

export type { OpenDomain } from "@/api/types";

export class SignUp {
  proof = $state<"none" | "working" | "done" | "failed">("none");
  #payload: Promise<string> | null = null;

  async domains(): Promise<OpenDomain[]> {
    return (await api.openDomains()).items;
  }

  /** Begin as soon as the form is touched; the answer is there before it is filled in. */
  prove(): Promise<string> {
    this.#payload ??= this.#work().catch((error: unknown) => {
      this.#payload = null;
      this.proof = "failed";
      throw error;
    });
    return this.#payload;
  }

  async #work(): Promise<string> {
    this.proof = "working";
    const challenge = (await api.challenge()) as Challenge;
    let first = 0;
    let step = 4;
    for (;;) {
      const began = performance.now();
      const solution = trySome(challenge, first, step);
      if (solution) {
        this.proof = "done";
        return payload(challenge, solution);
      }
      first += step;
      const took = performance.now() - began;
      step = Math.max(1, Math.min(4096, Math.round((step * SLICE) / Math.max(took, 0.1))));
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  async register(
    wish: Omit<api.Wish, "altcha">,
  ): Promise<{ status: "created" | "waiting"; address: string }> {
    const altcha = await this.prove();
    this.#payload = null; // a challenge is good for one wish
    this.proof = "none";
    return api.register({ ...wish, altcha });
  }
}
