"use strict";
// One tip for a whole page: the meaning of a mark, in its `data-tip`, shows on hover, focus and tap, and goes with Escape.
// A mark in a summary is no stop of its own for the keyboard: the summary shows the meanings of all of its marks.
if (typeof document !== "undefined") {
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  document.body.append(tip);
  /** @type {HTMLElement | null} what the tip is about */
  let about = null;
  const markAt = (event) => (event.target instanceof Element ? event.target.closest("[data-tip]") : null);
  const hide = () => {
    tip.hidden = true;
    about?.removeAttribute("aria-describedby");
    about = null;
  };
  /** Under the mark, or above it where there is no room; never over the edge of the screen. */
  const place = () => {
    const { left, top, bottom } = about.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = tip;
    if (bottom < 0 || top > innerHeight) return hide();
    const below = bottom + 6 + height < innerHeight || top < height + 6;
    tip.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8))}px`;
    tip.style.top = `${below ? bottom + 6 : top - height - 6}px`;
  };
  const show = (mark, words) => {
    if (about !== mark) hide();
    about = mark;
    tip.textContent = words;
    tip.hidden = false;
    about.setAttribute("aria-describedby", "tip");
    place();
  };
  document.addEventListener("pointerover", (event) => {
    const mark = markAt(event);
    if (mark) show(mark, mark.dataset.tip);
  });
  document.addEventListener("pointerout", (event) => {
    if (event.relatedTarget instanceof Node && tip.contains(event.relatedTarget)) return; // to read or select it
    const mark = markAt(event);
    if (mark && mark !== document.activeElement) hide();
  });
  document.addEventListener("focusin", (event) => {
    const mark = markAt(event), summary = event.target instanceof Element ? event.target.closest("summary:focus-visible") : null;
    if (mark) return show(mark, mark.dataset.tip);
    const words = [...(summary?.querySelectorAll("[data-tip]") ?? [])].map((inside) => inside.getAttribute("data-tip"));
    if (words.length) show(summary, words.join("\n"));
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("click", (event) => {
    const mark = markAt(event);
    if (mark) show(mark, mark.dataset.tip);
    else if (event.detail && !tip.contains(/** @type {Node} */ (event.target))) hide(); // a key that opens a summary is a click too
  });
  tip.addEventListener("pointerleave", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", () => about && place(), { capture: true, passive: true });
}
