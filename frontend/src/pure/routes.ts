/** Hash routes: the address bar is the state of the window, so that back, reload and links work. */

export type Route =
  | { page: "login" }
  | { page: "register" }
  | { page: "mail"; mailbox: number | null; message: string | null }
  | { page: "search"; query: string; message: string | null }
  | { page: "settings" | "admin"; section: string; item: string | null };

const FIRST = { settings: "all", admin: "domains" };

function number(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : null;
}

function decode(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? "");
  } catch {
    return ""; // a "%" that starts no escape: somebody's hand-typed address
  }
}

export function parseRoute(hash: string): Route {
  const [page, first, second] = hash.replace(/^#?\/?/, "").split("/");
  switch (page) {
    case "login":
    case "register":
      return { page };
    case "search":
      return { page, query: decode(first), message: decode(second) || null };
    case "settings":
    case "admin":
      return { page, section: first || FIRST[page], item: second ? decode(second) : null };
    default:
      return { page: "mail", mailbox: number(first), message: decode(second) || null };
  }
}

export function formatRoute(route: Route): string {
  switch (route.page) {
    case "mail":
      if (route.mailbox === null) return "#/mail";
      return `#/mail/${route.mailbox}${route.message === null ? "" : `/${encodeURIComponent(route.message)}`}`;
    case "search": {
      const query = encodeURIComponent(route.query);
      return route.message === null
        ? `#/search/${query}`
        : `#/search/${query}/${encodeURIComponent(route.message)}`;
    }
    case "settings":
    case "admin":
      return `#/${route.page}/${route.section}${route.item === null ? "" : `/${encodeURIComponent(route.item)}`}`;
    default:
      return `#/${route.page}`;
  }
}
