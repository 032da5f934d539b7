"""Pages in a real browser: what people see and do, with and without script, by mouse and by keyboard.

Of the widths, languages and colour schemes each of some pages has one; CSTO_GRAPH_CAMPAIGN tries all with all pages.
``CSTO_GRAPH_PICTURES=FOLDER pytest tests/web/test_browser.py -k pictures`` makes the pictures of the README.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import uvicorn

import csto_graph
from csto_graph.web.app import create_app

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[browser]'")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("there is no Chromium (Debian package chromium)", allow_module_level=True)

PAGES = [
    "/", "/query/instruments.html?partner=UNODC", "/timeline?since=2010", "/id/instrument/a-res-71-12.html", "/check",
    "/map?party=CSTO", "/sparql?query=SELECT * { ?s a coop:State } LIMIT 5", "/compare?left=CSTO&right=SCO", "/nowhere",
    "/why?thing=event:signing-protocol-unodc&property=date&value=2006-03-05",
    "/why?thing=CTED&property=org:transitiveSubOrganizationOf", "/search?q=UNODC", "/shape/votesCounted.html",
    "/questions", "/query/documents-per-kind.html", "/conflicts", "/sources", "/passages", "/terms", "/about",
    "/rules", "/id/organization/unodc.html",
]  # fmt: skip
WAYS = list(product((360, 800, 1280), ("en", "ru"), ("light", "dark"), (True, False)))
TRIED = [(page, *WAYS[at * 7 % len(WAYS)]) for at, page in enumerate(PAGES[:13])]
if "CSTO_GRAPH_CAMPAIGN" in os.environ:
    TRIED = [(page, *way) for page in PAGES for way in WAYS]


@pytest.fixture(scope="module")
def address(kg: csto_graph.KnowledgeGraph) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(kg), log_level="error", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


class Visit:
    """A page in a window of its own, with what it asked of others and complained of."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.context = browser.new_context(base_url=address, **options)
        self.page, self.faults = self.context.new_page(), list[str]()
        self.page.set_default_timeout(15_000)
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda one: None if one.url.startswith(address) else self.faults.append(one.url))


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Any]:
    visits = []

    def opened(path: str, **options: Any) -> Visit:
        visits.append(one := Visit(browser, address, **options))
        one.page.goto(path)
        return one

    yield opened
    for one in visits:
        one.context.close()


@pytest.mark.parametrize(("path", "width", "language", "scheme", "script"), TRIED)
def test_a_page_has_no_fault(visit: Any, path: str, width: int, language: str, scheme: str, script: bool) -> None:
    """No violation of WCAG 2.1 A or AA, no error, nothing from elsewhere, nothing wider than the window."""
    seen = visit(path, viewport={"width": width, "height": 800}, locale=language, color_scheme=scheme,
                 java_script_enabled=script)  # fmt: skip
    assert seen.page.get_attribute("html", "lang") == language
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    if script:  # axe is one, and cannot run without
        found = axe.Axe().run(seen.page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []
    # A browser complains of the status of an error page, too.
    assert [said for said in seen.faults if path != "/nowhere" or "404" not in said] == []


def test_search_by_keyboard_with_completion(visit: Any) -> None:
    page = visit("/").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("#big")
    page.keyboard.type("UNODC")
    page.locator("#l-big option").first.wait_for(state="attached")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?*")
    page.get_by_role("link", name="United Nations Office on Drugs and Crime", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/id/organization/unodc.html*")


@pytest.mark.parametrize("script", [True, False])
def test_a_question_leads_to_the_reason_of_a_cell(visit: Any, script: bool) -> None:
    page = visit("/query/instruments.html", java_script_enabled=script).page
    page.get_by_text("Choose").click()
    page.fill("#p-partner", "UNODC")
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("button", name="why 1 date").click()
    page.wait_for_url("**/why?*")
    assert "2006-04-05" in page.inner_text("main")
    assert page.get_by_text("5 March 2006").count() > 0


def test_a_mark_of_the_timeline_tells_what_it_is_and_is_a_link(visit: Any) -> None:
    page = visit("/timeline?about=A/RES/71/12").page
    page.locator("svg a").first.focus()
    assert "71/12" in page.inner_text(".told")
    page.keyboard.press("Enter")
    page.wait_for_url("**/id/event/**")


def test_paper_is_white_and_shows_the_whole_table(visit: Any) -> None:
    page = visit("/query/instruments.html", viewport={"width": 700, "height": 900}, color_scheme="dark").page
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(background) != "rgb(255, 255, 255)"
    page.emulate_media(media="print")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    assert page.evaluate("document.querySelector('table').getBoundingClientRect().right") <= 700


def test_a_mistake_in_a_query_is_shown_in_its_place(visit: Any) -> None:
    page = visit("/sparql").page
    field = ".cm-content" if page.locator(".cm-content").count() else "#query"  # where npm made the editor, or not
    page.fill(field, "SELECT * {\n ?s ?p }")
    page.get_by_role("button", name="Ask").click()
    assert "^" in page.get_by_role("alert").inner_text()
    assert field == "#query" or page.locator(".cm-lintRange-error").count() == 1
    page.fill(field, "SELECT ?s { ?s a coop:State } LIMIT 2")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("tbody tr")
    assert page.locator("tbody tr").count() == 2


@pytest.mark.skipif("CSTO_GRAPH_PICTURES" not in os.environ, reason="CSTO_GRAPH_PICTURES names no folder")
def test_pictures_of_the_readme(visit: Any) -> None:
    for name, path in {
        "question": "/query/instruments.html?partner=UNODC", "timeline": "/timeline?since=2001",
        "disagreement": "/id/event/signing-protocol-unodc.html",
    }.items():  # fmt: skip
        page = visit(path, viewport={"width": 1100, "height": 780}).page
        page.screenshot(path=Path(os.environ["CSTO_GRAPH_PICTURES"], f"{name}.png"))
