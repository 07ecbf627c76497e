import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/styles/controls.css";

import { mount } from "svelte";

import { i18n } from "@/i18n/index.svelte";
import { theme } from "@/state/theme.svelte";
import App from "@/views/App.svelte";

theme.apply();
i18n.set(i18n.language);

const target = document.getElementById("app");
if (target) mount(App, { target });
