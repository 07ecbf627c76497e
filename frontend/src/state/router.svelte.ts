/** The route of the window, from the hash and back into it. */

import { formatRoute, parseRoute, type Route } from "@/pure/routes";

class Router {
  route = $state.raw<Route>(parseRoute(location.hash));

  constructor() {
    window.addEventListener("hashchange", () => {
      this.route = parseRoute(location.hash);
    });
  }

  go(route: Route): void {
    location.hash = formatRoute(route);
    this.route = route;
  }

  /** Without a new entry in the history: for what follows by itself, such as the next message after an archived one. */
  replace(route: Route): void {
    history.replaceState(null, "", formatRoute(route));
    this.route = route;
  }

  /** The same list, another message or none. */
  message(id: string | null, how: "go" | "replace" = "go"): void {
    const { route } = this;
    if (route.page === "mail" || route.page === "search") this[how]({ ...route, message: id });
  }
}

export const router = new Router();
