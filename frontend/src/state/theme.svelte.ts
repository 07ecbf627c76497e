/** Light, dark or like the system. Kept in the browser, so that the first paint is right. */

export type Theme = "auto" | "light" | "dark";

const KEPT = "mailnode.theme";
const systemDark = window.matchMedia("(prefers-color-scheme: dark)");

class ThemeState {
  choice = $state<Theme>((localStorage.getItem(KEPT) as Theme | null) ?? "auto");
  #system = $state(systemDark.matches);

  constructor() {
    systemDark.addEventListener("change", (event) => {
      this.#system = event.matches;
    });
  }

  get dark(): boolean {
    return this.choice === "auto" ? this.#system : this.choice === "dark";
  }

  set(choice: Theme): void {
    this.choice = choice;
    localStorage.setItem(KEPT, choice);
    this.apply();
  }

  apply(): void {
    document.documentElement.dataset["theme"] = this.choice;
  }
}

export const theme = new ThemeState();
