/**
 * The event stream. EventSource reconnects by itself and names the last event it saw; only when the server refuses
 * (an old session) it gives up: then the session is refreshed and the stream opened again from the last event.
 */

import { address, refresh } from "./http";
import type { Change } from "./types";

export interface Listener {
  change(change: Change): void;
  mailboxes(): void;
  reset(): void;
  connected(yes: boolean): void;
}

const PAUSE = 3000; // ms before a refused stream is tried again

/** Listen until the returned function is called. */
export function listen(listener: Listener): () => void {
  let source: EventSource | null = null;
  let last = "";
  let stopped = false;
  let timer = 0;

  const again = async (): Promise<void> => {
    listener.connected(false);
    const alive = await refresh().catch(() => true); // no network: keep trying
    if (alive && !stopped) timer = window.setTimeout(open, PAUSE);
  };

  function on(name: string, handle: (data: string) => void): void {
    source?.addEventListener(name, (event) => {
      if (event.lastEventId) last = event.lastEventId;
      handle(event.data as string);
    });
  }

  function open(): void {
    source = new EventSource(address("/events", { since: last }));
    on("hello", () => {
      listener.connected(true);
    });
    on("change", (data) => {
      listener.change(JSON.parse(data) as Change);
    });
    on("mailboxes", () => {
      listener.mailboxes();
    });
    on("reset", () => {
      listener.reset();
    });
    on("bye", () => {
      source?.close();
      void again();
    });
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) void again();
      else listener.connected(false);
    };
  }

  open();
  return () => {
    stopped = true;
    window.clearTimeout(timer);
    source?.close();
  };
}
