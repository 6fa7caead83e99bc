// Draws the pages' Mermaid pictures, in the colours of the theme that the reader has chosen.
(() => {
  const dark = ["coal", "navy", "ayu"];
  const isDark = () => dark.some((theme) => document.documentElement.classList.contains(theme));
  const pictures = [...document.querySelectorAll("pre.mermaid")];
  const sources = pictures.map((picture) => picture.textContent);

  async function draw() {
    const theme = isDark() ? "dark" : "neutral";
    // In one family, so that a box is as wide as its words.
    window.mermaid.initialize({ startOnLoad: false, theme, fontFamily: "sans-serif" });
    for (const [index, picture] of pictures.entries()) {
      picture.removeAttribute("data-processed");
      picture.textContent = sources[index];
    }
    await window.mermaid.run({ nodes: pictures });
  }

  let drawn;
  const redraw = () => {
    if (drawn !== isDark()) {
      drawn = isDark();
      draw();
    }
  };
  if (pictures.length > 0) {
    redraw();
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["class"] });
  }
})();
