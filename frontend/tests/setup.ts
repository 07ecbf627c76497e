// jsdom lacks what only a browser that draws can have; the few calls the components make are stood in for here.
import { afterEach } from "vitest";
import { cleanup } from "@testing-library/svelte";

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
HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement): void {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement): void {
  this.open = false;
};

afterEach(() => {
  cleanup();
});
