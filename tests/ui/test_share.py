"""Step 13: what she takes home is made when she asks, and said where it lies."""

from core import texts
from core.sharing import merged
from core.training import runs


def press(page, key):
    page.button(key=key).click().run()
    assert not page.exception


def test_the_whole_model_is_made_while_she_waits_and_then_given(visit, project, done):
    (run,) = runs.list_runs(project)
    page = visit("13_share", project=project)
    assert "merged.download" not in [button.key for button in page.get("download_button")]
    press(page, "merged.make")
    done(merged.told(run))
    page.run()
    assert not page.error
    assert "merged.download" in [button.key for button in page.get("download_button")]
    assert str(merged.folder(run)) in [block.value for block in page.code]


def test_a_process_that_was_cut_off_is_said_with_the_button_to_try_again(visit, project, done):
    from core import storage

    (run,) = runs.list_runs(project)
    gone = {"status": "running", "pid": 2**22 + 1, "born": "", "done": 0.5}
    storage.write_json(merged.told(run) / "state.json", gone)
    page = visit("13_share", project=project)
    assert texts.words("es", "errors")("making_died") in page.error[0].value
    press(page, "merged.make")
    done(merged.told(run))
    assert merged.is_made(run)
