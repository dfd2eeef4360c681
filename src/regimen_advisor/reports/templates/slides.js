"use strict";
// Slides: the arrow keys, space, Home and End move; the address keeps the slide, so that a reload stays where it was.
{
  const slides = [...document.querySelectorAll(".slide")];
  const current = () => Math.max(slides.findIndex((slide) => `#${slide.id}` === location.hash), 0);
  const show = () => slides.forEach((slide, index) => slide.classList.toggle("now", index === current()));
  const go = (index) => {
    location.hash = slides[Math.min(Math.max(index, 0), slides.length - 1)].id;
  };
  const moves = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };
  document.body.classList.add("moving");
  addEventListener("hashchange", show);
  addEventListener("keydown", (event) => {
    const target = event.key === "Home" ? 0 : event.key === "End" ? slides.length - 1 : current() + (moves[event.key] ?? 0);
    if (!(event.key in moves) && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    go(target);
  });
  show();
}
