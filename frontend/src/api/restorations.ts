/** Mail as it was at a time. */

import { post } from "./call";
import type { components } from "./schema";

type Shape = components["schemas"];
export type Wanted = Shape["RestorationIn"];
export type Restoration = Shape["RestorationOut"];

export const restore = (body: Wanted) => post("/me/restorations", { body });
