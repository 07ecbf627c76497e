// jsdom lacks what only a browser that draws can have; the few calls the components make are stood in for here.
import { cleanup, configure } from "@testing-library/svelte";
import { afterEach, beforeAll } from "vitest";

class NoObserver implements ResizeObserver {
  observe(): void {
    return;
  }
  unobserve(): void {
    return;
  }
  disconnect(): void {
    return;
  }
}

globalThis.ResizeObserver ??= NoObserver;
globalThis.matchMedia ??= (query) =>
  Object.assign(new EventTarget(), { matches: false, media: query }) as MediaQueryList;
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement): void {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement): void {
  this.open = false;
};

configure({ asyncUtilTimeout: 30_000 }); // a busy machine may stand still for a while

beforeAll(async () => {
  localStorage.setItem("mailnode.language", "en");
  const { i18n } = await import("@/i18n/index.svelte");
  await i18n.set("en");
});

afterEach(() => {
  cleanup();
});
