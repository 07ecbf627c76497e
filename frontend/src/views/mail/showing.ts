/** Showing a message: it is read from then on, and what will probably be opened next is fetched. */

import { actions } from "@/state/actions.svelte";
import { list } from "@/state/list.svelte";
import { reader } from "@/state/reader.svelte";

export async function show(id: string | null): Promise<void> {
  if (id !== null) list.cursor = id;
  await reader.open(id);
  const { message } = reader;
  if (id === null || message?.id !== id) return;
  if (!message.flags.includes("\\Seen")) void actions.readQuietly(id);
  const at = list.ids.indexOf(id);
  if (at >= 0) whenIdle(() => { reader.prefetch(list.ids.slice(at + 1, at + 3)); }); // prettier-ignore
}

export function whenIdle(work: () => void): void {
  if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: 2000 });
  else setTimeout(work, 200);
}
