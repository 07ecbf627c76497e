/** Names for the address fields: whom one has written to. */

import { recipients } from "@/api/session";
import type { Addr } from "@/api/types";

/** At most ten; nothing when the server cannot say, as a field must work without. */
export async function suggestPeople(typed: string): Promise<Addr[]> {
  try {
    return (await recipients(typed)).items;
  } catch {
    return [];
  }
}
