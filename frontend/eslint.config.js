// The layers of the client: views -> state -> api. Components know neither of the two, pure imports nothing.
import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

import svelteConfig from "./svelte.config.js";

/** Forbid whole folders to the files of one folder. */
function layer(folder, forbidden, why) {
  return {
    files: [`src/${folder}/**/*.ts`, `src/${folder}/**/*.svelte`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["../*"], message: "Write the path from the root: @/folder/file." },
            { group: forbidden, message: why },
          ],
        },
      ],
    },
  };
}

export default ts.config(
  { ignores: ["dist/", "node_modules/", "src/api/schema.d.ts"] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      "no-undef": "off", // TypeScript knows better
      "max-lines": ["error", { max: 400 }],
      "max-lines-per-function": ["error", { max: 50, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "svelte/no-at-html-tags": "error",
      "svelte/require-each-key": "error",
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig },
    },
    rules: {
      // `let` in a rune is how Svelte declares a property that changes.
      "prefer-const": "off",
      "svelte/prefer-const": ["error", { excludedRunes: ["$props", "$state", "$derived", "$bindable"] }],
      "svelte/prefer-svelte-reactivity": "off", // sets and maps of ours are replaced, never changed in view
      "svelte/no-navigation-without-resolve": "off", // hash routes of our own, no SvelteKit
    },
  },
  {
    files: ["tests/**"],
    rules: { "max-lines-per-function": "off", "@typescript-eslint/no-non-null-assertion": "off" },
  },
  { files: ["scripts/**"], rules: { "no-console": "off" } },
  layer("pure", ["@/*", "[a-z]*"], "pure imports nothing but its neighbours."),
  layer(
    "i18n",
    ["@/api/*", "@/state/*", "@/views/*", "@/components/*"],
    "The dictionary knows no other layer.",
  ),
  layer(
    "api",
    ["@/state/*", "@/views/*", "@/components/*"],
    "api is the lowest layer: it knows the server only.",
  ),
  layer("state", ["@/views/*", "@/components/*"], "state must not know how it is shown."),
  layer("components", ["@/api/*", "@/state/*", "@/views/*"], "Components get values and give events."),
  layer("views", ["@/api/*"], "Views speak to state, and state to the API."),
);
