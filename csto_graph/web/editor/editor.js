// CodeMirror in the place of the plain text area, which still holds the query when the form is sent.
import {autocompletion} from "@codemirror/autocomplete";
import {HighlightStyle, syntaxHighlighting} from "@codemirror/language";
import {setDiagnostics} from "@codemirror/lint";
import {Compartment} from "@codemirror/state";
import {EditorView, keymap} from "@codemirror/view";
import {basicSetup} from "codemirror";
import {sparql} from "codemirror-lang-sparql";
import {tags} from "@lezer/highlight";

const field = document.querySelector("textarea[data-sparql]");
const root = field.form.getAttribute("action").replace(/\/sparql$/, "");
const prefixes = [...document.querySelectorAll("[data-prefixes]")].flatMap((one) => one.textContent.trim().split("\n"));

// Prefixes, then things and terms by any of their names.
async function complete(context) {
  const word = context.matchBefore(/[\w:.-]+/);
  if (!word || (word.text.length < 3 && !context.explicit)) return null;
  const known = prefixes.map((line) => line.split(" ")[1]).filter((name) => name && name.startsWith(word.text));
  const answer = await fetch(`${root}/search.json?q=${encodeURIComponent(word.text)}&lang=${document.documentElement.lang}`);
  const found = answer.ok ? (await answer.json()).rows : [];
  const options = [
    ...known.map((name) => ({label: name, type: "namespace"})),
    ...found.map((one) => ({label: one.curie, detail: one.thing.label, type: "variable"})),
  ];
  return {from: word.from, options, filter: false};
}

// The style sheet has the colours of both schemes.
const dark = matchMedia("(prefers-color-scheme: dark)");
const scheme = new Compartment();
const colours = [
  [tags.keyword, "accent"], [tags.comment, "soft"], [tags.string, "good"], [tags.number, "good"], [tags.variableName, "warn"],
].map(([tag, name]) => ({tag, color: `var(--${name})`}));

const view = new EditorView({
  doc: field.value,
  extensions: [
    keymap.of([{key: "Mod-Enter", run: () => (field.form.requestSubmit(), true)}]),
    basicSetup,
    sparql(),
    scheme.of(EditorView.darkTheme.of(dark.matches)),
    syntaxHighlighting(HighlightStyle.define(colours)),
    autocompletion({override: [complete]}),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({"aria-label": field.labels[0].textContent}),
    EditorView.updateListener.of((update) => update.docChanged && (field.value = update.state.doc.toString())),
  ],
});
field.before(view.dom);
field.hidden = true;
dark.addEventListener("change", () => view.dispatch({effects: scheme.reconfigure(EditorView.darkTheme.of(dark.matches))}));

// What the server found amiss is marked in its place.
const error = document.querySelector("[data-line]");
if (error) {
  const line = view.state.doc.line(Math.min(Number(error.dataset.line), view.state.doc.lines));
  const from = Math.max(line.from, Math.min(line.from + Number(error.dataset.column) - 1, line.to - 1));
  const mark = {from, to: line.to, severity: "error", message: error.textContent.split("\n")[0]};
  view.dispatch(setDiagnostics(view.state, [mark]));
}
