"""What is taken away of an evaluation is offered on its page, and made only when it is asked for."""

import pytest
from streamlit.testing.v1 import AppTest

from core import texts


def offer(language):
    from core import texts
    from core.evaluation import report
    from core.ui import export_panel

    export_panel.show({"run": "run-1"}, texts.words(language, *report.WORDS))  # of this no report could be made


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_both_files_are_offered_and_nothing_is_made_yet(language):
    page = AppTest.from_function(offer, args=(language,)).run()
    assert not page.exception
    said = texts.words(language, "report")
    assert [one.label for one in page.get("download_button")] == [said("export.report"), said("export.table")]
