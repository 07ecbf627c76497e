import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/styles/controls.css";

import { mount } from "svelte";

import { i18n } from "@/i18n/index.svelte";
import { theme } from "@/state/theme.svelte";
import App from "@/views/App.svelte";

theme.apply();

const target = document.getElementById("app");
void i18n.start().then(() => {
  if (target) mount(App, { target });
});
