"use strict";
const root = document.querySelector(".brand").getAttribute("href").split("/?")[0];
// Completion of things: the list below a field is filled while one types.
document.querySelectorAll("input[data-things]").forEach((field) => {
  let last = 0;
  field.addEventListener("input", async () => {
    const words = field.value.trim();
    if (words.length < 2) return;
    const turn = ++last;
    const answer = await fetch(root + "/search.json?q=" + encodeURIComponent(words) + "&lang=" + document.documentElement.lang);
    if (!answer.ok || turn !== last) return;
    const found = (await answer.json()).rows;
    const list = document.getElementById(field.getAttribute("list"));
    list.replaceChildren(...found.slice(0, 12).map((one) => {
      const option = document.createElement("option");
      option.value = one.curie;
      option.label = one.thing.label;
      return option;
    }));
  });
});
// Control and Enter sends a query.
document.querySelectorAll("textarea[data-sparql]").forEach((field) => {
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) field.form.requestSubmit();
  });
});
// What a mark of a picture is stands below it while one points at it or comes to it by keyboard.
document.querySelectorAll(".told").forEach((line) => {
  const tell = (event) => {
    const mark = event.target.closest("a");
    if (mark) line.textContent = mark.querySelector("title").textContent;
  };
  line.previousElementSibling.addEventListener("focusin", tell);
  line.previousElementSibling.addEventListener("pointerover", tell);
});
