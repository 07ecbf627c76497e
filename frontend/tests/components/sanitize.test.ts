import { describe, expect, test } from "vitest";

import { cleanForComposer, cleanForReader, cleanHistory, mailHtml } from "@/components/sanitize";

const NONE = { cids: {}, proxy: null };

function reader(html: string, pictures: { cids: Record<string, string>; proxy: string | null } = NONE) {
  const cleaned = cleanForReader(html, pictures);
  const box = document.createElement("div");
  box.append(document.importNode(cleaned.fragment, true));
  return { ...cleaned, box, html: box.innerHTML };
}

function composer(html: string, cids: Record<string, string> = {}): HTMLElement {
  const box = document.createElement("div");
  box.append(document.importNode(cleanForComposer(html, cids), true));
  return box;
}

describe("what could run", () => {
  test.each([
    "<script>alert(1)</script>x",
    "<img src=x onerror=alert(1)>x",
    "<svg onload=alert(1)><script>alert(1)</script></svg>x",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'></table></math>x",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>x",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<form action=//evil.test><input autofocus onfocus=alert(1)><button>x</button></form>x",
    "<object data=//evil.test></object><embed src=//evil.test>x",
    "<body onload=alert(1)>x",
  ])("%s is harmless in the reader and in the composer", (html) => {
    for (const box of [reader(html).box, composer(html)]) {
      expect(box.querySelector("script, iframe, svg, math, form, input, button, object, embed")).toBeNull();
      for (const element of box.querySelectorAll("*")) {
        for (const { name, value } of element.attributes) {
          expect(name).not.toMatch(/^on/);
          if (name === "href") expect(value).toMatch(/^(?:https?|mailto|tel):/);
        }
      }
      expect(box.textContent).toContain("x");
    }
  });
});

describe("what would be fetched", () => {
  test("remote pictures are left out and counted", () => {
    const { box, blocked } = reader(
      `<img src="https://t.test/a.gif"><img src="//t.test/b.gif" srcset="https://t.test/c 2x">`,
    );
    expect(blocked).toBe(2);
    expect(
      [...box.querySelectorAll("img")].some((one) => one.hasAttribute("src") || one.hasAttribute("srcset")),
    ).toBe(false);
  });

  test("pictures in styles and old attributes are counted too", () => {
    const { blocked, html } = reader(
      `<table background="https://t.test/1.png"><tr><td style="background-image: url('https://t.test/2.png'); color: red">x</td></tr></table>`,
    );
    expect(blocked).toBe(2);
    expect(html).not.toContain("t.test");
    expect(html).toContain("color: red");
  });

  test("on request they come through the proxy", () => {
    const { box, blocked } = reader(`<img src="https://t.test/a b.gif?x=1&amp;y=2">`, {
      cids: {},
      proxy: "/proxy?url=",
    });
    expect(blocked).toBe(0);
    expect(box.querySelector("img")?.getAttribute("src")).toBe(
      "/proxy?url=https%3A%2F%2Ft.test%2Fa%20b.gif%3Fx%3D1%26y%3D2",
    );
  });

  test("pictures of the message itself are shown", () => {
    const { box, blocked } = reader(
      `<img src="cid:one@x"><img src="cid:lost@x"><img src="data:image/png;base64,AAAA">`,
      {
        cids: { "one@x": "/api/v1/messages/1/parts/2?inline=1" },
        proxy: null,
      },
    );
    expect(blocked).toBe(0);
    expect([...box.querySelectorAll("img")].map((one) => one.getAttribute("src"))).toEqual([
      "/api/v1/messages/1/parts/2?inline=1",
      null,
      "data:image/png;base64,AAAA",
    ]);
  });

  test("a drawing as data: could hold a script", () => {
    expect(
      reader(`<img src="data:image/svg+xml,<svg onload=alert(1)>">`)
        .box.querySelector("img")
        ?.getAttribute("src"),
    ).toBeNull();
  });
});

describe("what a style may not say", () => {
  test.each([
    "position: fixed",
    "z-index: 9999",
    "top: 0",
    "inset: 0",
    "height: 100vh",
    "background: var(--x)",
    "width: expression(alert(1))",
    "width: calc(EXPRESSION(alert(1)))",
  ])("%s goes", (css) => {
    const style = reader(`<div style="${css}; color: blue">x</div>`)
      .box.querySelector("[style]")
      ?.getAttribute("style");
    expect(style).toBe("color: blue;");
  });

  test("the composer takes no classes, ids or style sheets of a mail", () => {
    const box = composer(
      `<style>.toast{display:none}</style><div class="toast" id="app" style="position:fixed">x</div>`,
    );
    expect(box.querySelector("style, [class], [id]")).toBeNull();
    expect(box.innerHTML).not.toContain("fixed");
  });
});

test("links say where they lead and open apart", () => {
  const link = reader(`<a href="https://example.test/x" onclick="x()">y</a>`).box.querySelector("a");
  expect(link?.title).toBe("https://example.test/x");
  expect(link?.target).toBe("_blank");
  expect(link?.rel).toBe("noopener noreferrer");
});

test("a mail with colours of its own asks for a light page", () => {
  expect(reader("<p>plain</p>").coloured).toBe(false);
  expect(reader(`<p style="color: #333">x</p>`).coloured).toBe(true);
  expect(reader(`<body bgcolor="white">x</body>`).coloured).toBe(true);
});

test("a quoted picture keeps its true address for the answer, and fetches nothing meanwhile", () => {
  const box = composer(`<img src="https://t.test/a.gif"><img src="cid:one@x">`, {
    "one@x": "/api/v1/uploads/7?inline=1",
  });
  expect(box.querySelector("img")?.getAttribute("src")).toBeNull();
  expect(mailHtml(box)).toBe(`<img src="https://t.test/a.gif"><img src="cid:one@x">`);
});

test("what was quoted once can be cleaned again without loss", () => {
  const once = composer(`<img src="cid:one@x"><img src="https://t.test/a.gif">`, {
    "one@x": "/api/v1/uploads/7?inline=1",
  });
  expect(composer(once.innerHTML).innerHTML).toBe(once.innerHTML);
});

test("the editor's history keeps the marks of the selection", () => {
  const fragment = cleanHistory(
    `<div>a<input id="squire-selection-start" type="hidden">b</div><script>x</script>`,
  );
  expect(fragment.querySelector("input")?.id).toBe("squire-selection-start");
  expect(fragment.querySelector("script")).toBeNull();
});
