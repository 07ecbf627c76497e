/** A finger that pushes a row aside: to the right archives, to the left deletes. */

import { archive, trash } from "./commands";

const FAR = 96; // px that mean it
const SLACK = 12; // px before a touch is a swipe and no scrolling

export class Swipe {
  id = $state<string | null>(null);
  distance = $state(0);
  #from: { x: number; y: number; id: string } | null = null;
  #ended = 0;

  down(event: PointerEvent): void {
    const id = (event.target as HTMLElement).closest<HTMLElement>("[data-id]")?.dataset["id"];
    if (event.pointerType === "touch" && id !== undefined)
      this.#from = { x: event.clientX, y: event.clientY, id };
  }

  move(event: PointerEvent): void {
    if (!this.#from) return;
    const x = event.clientX - this.#from.x;
    const y = event.clientY - this.#from.y;
    if (this.id === null && Math.abs(y) > SLACK) this.#from = null;
    else if (this.id !== null || Math.abs(x) > SLACK) {
      this.id = this.#from.id;
      this.distance = x;
    }
  }

  up(): void {
    const { id, distance } = this;
    if (id !== null) this.#ended = performance.now();
    this.cancel();
    if (id === null || Math.abs(distance) < FAR) return;
    if (distance > 0) archive([id]);
    else trash([id]);
  }

  cancel(): void {
    this.#from = null;
    this.id = null;
    this.distance = 0;
  }

  /** The click that follows a swipe opens nothing. */
  justSwiped(): boolean {
    return performance.now() - this.#ended < 300;
  }
}
