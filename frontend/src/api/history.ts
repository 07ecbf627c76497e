/** What became of messages. */

import { get } from "./call";
import type { components } from "./schema";

type Shape = components["schemas"];
export type HistoryRow = Shape["HistoryRowOut"];
export type HistoryStep = Shape["HistoryStepOut"];
export type HistoryPage = Shape["HistoryOut"];

/** `mine`: only what one has sent and got oneself, also for administrators. */
export interface Question {
  mine: boolean;
  address?: string;
  message_id?: string;
  id?: string;
  refused?: boolean;
}

export const page = (question: Question, cursor: string | null) =>
  get("/history", { query: { ...question, cursor } });
export const story = (id: number, mine: boolean) =>
  get("/history/{row_id}", { path: { row_id: id }, query: { mine } });
