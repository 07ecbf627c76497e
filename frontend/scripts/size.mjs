// The budget of the first load: what a browser fetches before the list of messages stands, gzipped.
// Follows the static imports of the entry; chunks behind import() are not part of it but have budgets of their own.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const FIRST_LOAD = 60_000;
const CHUNK = 60_000;

const gzipped = (path) => gzipSync(readFileSync(join(dist, path)), { level: 9 }).length;
const html = readFileSync(join(dist, "index.html"), "utf8");
const first = new Set([...html.matchAll(/(?:src|href)="\/?((?:assets\/)[^"]+)"/g)].map((found) => found[1]));
for (const path of first) {
    if (!path.endsWith(".js")) continue;
    const code = readFileSync(join(dist, path), "utf8");
    for (const found of code.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g))
        first.add(`assets/${found[1]}`);
}

// One dictionary belongs to it as well: the larger of the two.
const dictionaries = readdirSync(join(dist, "assets")).filter((name) => /^(?:en|zh)-.*\.js$/.test(name));
const words = dictionaries
    .map((name) => [gzipped(join("assets", name)), `assets/${name}`])
    .sort(([a], [b]) => b - a);
if (words[0]) first.add(words[0][1]);

let failed = false;
let total = gzipped("index.html");
for (const path of first) total += gzipped(path);
console.log(`first load   ${(total / 1000).toFixed(1)} kB of ${FIRST_LOAD / 1000} (${first.size + 1} files)`);
if (total > FIRST_LOAD) failed = true;

for (const name of readdirSync(join(dist, "assets")).sort()) {
    if (first.has(`assets/${name}`) || !/\.(js|css)$/.test(name)) continue;
    const size = gzipped(join("assets", name));
    console.log(`${name.padEnd(36)} ${(size / 1000).toFixed(1)} kB`);
    if (size > CHUNK) failed = true;
}
if (failed) {
    console.error("The build is over its size budget.");
    process.exit(1);
}
