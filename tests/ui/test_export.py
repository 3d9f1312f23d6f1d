"""What is taken away of an evaluation is offered on its page, and made only when it is asked for."""

from streamlit.testing.v1 import AppTest

from core import texts


def offer(language):
    from core import texts
    from core.ui import export_panel

    export_panel.show({"run": "run-1"}, texts.words(language, "frame"))  # a record that no report could be made of


def test_both_files_are_offered_with_their_names_and_nothing_is_made_yet():
    for language in texts.LANGUAGES:
        page = AppTest.from_function(offer, args=(language,)).run()
        assert not page.exception
        said = texts.words(language, "report")
        assert page.markdown[0].value == said.body("export")
        labels = [button.label for button in page.get("download_button")]
        assert labels == [said("export.report"), said("export.table")]
