"""The evaluation's page in a real browser: what it shows, another choice of examples, and its two files."""

import csv
import io

import pytest

from core import texts
from core.evaluation import evaluate
from core.training import runs

api = pytest.importorskip("playwright.sync_api", reason="no Playwright here: the browser stories are left out")


def test_she_reads_the_dashboard_and_takes_its_report_and_its_table(serve, browser, project, settled, tmp_path):
    (run,) = runs.list_runs(project)
    record = evaluate.read(run)
    say = texts.words("es", "frame", "metrics", "evaluation", "report", "11_evaluate")
    with browser(accept_downloads=True) as visitor:
        page = visitor.new_page()
        page.goto(f"{serve().url}/evaluate?lang=es&project={project.id}")
        page.get_by_role("heading", level=1, name=say("title"), exact=True).wait_for()
        settled(page)
        main = page.get_by_test_id("stMain")
        # Who is where, and what lies behind a mean.
        api.expect(main.get_by_test_id("stPlotlyChart")).to_have_count(2, timeout=15_000)
        perplexity = texts.number(evaluate.values(record, "adapted")["perplexity"], "es")
        api.expect(main.get_by_text(perplexity, exact=True).first).to_be_visible(timeout=15_000)

        for kind in ("worst", "best"):
            main.get_by_role("radio", name=say(f"example.{kind}")).or_(
                main.get_by_role("button", name=say(f"example.{kind}"))
            ).first.click()
            chosen = next(example for example in record["examples"] if kind in example["kinds"])
            api.expect(main.get_by_text(chosen["text"].splitlines()[0]).first).to_be_visible(timeout=15_000)
        settled(page)

        def taken(key: str) -> bytes:
            with page.expect_download() as download:
                page.locator(f".st-key-{key}").get_by_role("button").click()
            download.value.save_as(tmp_path / key)
            return (tmp_path / key).read_bytes()

        table = list(csv.reader(io.StringIO(taken("export-table").decode("utf-8-sig")), delimiter=";"))
        assert len(table) > 10
        assert {len(line) for line in table} == {len(table[0])}
        report = taken("export-report").decode("utf-8")
        assert "<script" not in report
        assert perplexity in report
        assert page.get_by_role("alert").filter(has_text=texts.words("es", "errors")("our_fault")).count() == 0
