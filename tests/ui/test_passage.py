"""A beginning and what a model wrote behind it: set apart, and text."""

from core.ui import passage


def test_neither_the_beginning_nor_what_was_written_is_run(monkeypatch):
    shown = []
    monkeypatch.setattr(passage.st, "html", shown.append)
    passage.show("<img src=x> y", " <script>z</script>", passage.st)
    assert shown == [
        '<div class="passage"><span class="given">&lt;img src=x&gt; y</span> &lt;script&gt;z&lt;/script&gt;</div>'
    ]
