/** Which rows are ticked: single, a range over any distance, all. Values in, values out. */

/** Tick or untick one. */
export function toggled(selected: ReadonlySet<string>, id: string): Set<string> {
  const next = new Set(selected);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** Tick everything between the anchor and the row, both included, as Shift and a click do. */
export function ranged(
  selected: ReadonlySet<string>,
  order: readonly string[],
  anchor: number,
  row: number,
): Set<string> {
  const next = new Set(selected);
  const [low, high] = anchor < row ? [anchor, row] : [row, anchor];
  for (let index = Math.max(0, low); index <= high; index += 1) {
    const id = order[index];
    if (id !== undefined) next.add(id);
  }
  return next;
}

/** The row that takes the place of one that goes away: the next older, else the next newer. */
export function successor(order: readonly string[], gone: ReadonlySet<string>, from: number): string | null {
  for (let index = from; index < order.length; index += 1) {
    const id = order[index];
    if (id !== undefined && !gone.has(id)) return id;
  }
  for (let index = Math.min(from, order.length) - 1; index >= 0; index -= 1) {
    const id = order[index];
    if (id !== undefined && !gone.has(id)) return id;
  }
  return null;
}
