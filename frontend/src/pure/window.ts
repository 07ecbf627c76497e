/**
 * Which rows of a long list are drawn. Every row has the same height, so this is arithmetic and never measures.
 *
 * Browsers clamp the height of an element (Chromium at 33,554,428 px, about 524,000 rows of 64 px; others sooner). Above
 * MAX_HEIGHT the bar is shorter than the rows: the bar's fraction is then mapped to the rows' fraction, and one pixel of
 * bar stands for several pixels of rows.
 */

export const MAX_HEIGHT = 12_000_000;

export interface Geometry {
  count: number;
  rowHeight: number;
  /** Visible height, px. */
  viewport: number;
  /** Rows drawn above and below the visible ones. */
  overscan: number;
}

export interface Slice {
  /** First row drawn. */
  first: number;
  /** One past the last row drawn. */
  end: number;
  /** Where the first drawn row stands inside the scrolled element, px. */
  top: number;
}

/** Height of the scrolled element, px. */
export function scrollHeight({ count, rowHeight }: Pick<Geometry, "count" | "rowHeight">): number {
  return Math.min(count * rowHeight, MAX_HEIGHT);
}

/** Pixels of rows for a pixel of bar: 1 until the list is higher than MAX_HEIGHT. */
function stretch(list: Geometry): number {
  const real = list.count * list.rowHeight;
  const bar = scrollHeight(list);
  return bar <= list.viewport ? 1 : (real - list.viewport) / (bar - list.viewport);
}

export function sliceAt(list: Geometry, scrollTop: number): Slice {
  const { count, rowHeight, viewport, overscan } = list;
  if (count === 0 || rowHeight <= 0) return { first: 0, end: 0, top: 0 };
  const limit = Math.max(0, scrollHeight(list) - viewport);
  const bar = Math.min(Math.max(0, scrollTop), limit);
  const rows = bar * stretch(list);
  const first = Math.max(0, Math.floor(rows / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((rows + viewport) / rowHeight) + overscan);
  return { first, end, top: bar + (first * rowHeight - rows) };
}

/** The least scrolling that shows a whole row; the same position when it is visible already. */
export function scrollTo(list: Geometry, scrollTop: number, index: number): number {
  const factor = stretch(list);
  const rows = scrollTop * factor;
  const top = index * list.rowHeight;
  const bottom = top + list.rowHeight;
  if (top < rows) return top / factor;
  if (bottom > rows + list.viewport) return (bottom - list.viewport) / factor;
  return scrollTop;
}
