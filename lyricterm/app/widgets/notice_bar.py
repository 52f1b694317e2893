"""The line above the prompt that says what has to be dealt with."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from lyricterm.app.notices import Notice
from lyricterm.app.wrap import wrap


class NoticeBar(Widget):
    """All notices in full; where the screen is low, the first in one line. Posts a click."""

    class Clicked(Message):
        """The notice was clicked."""

        def __init__(self, notice: Notice, *, cut: bool) -> None:
            """``cut``: not all of it could be read."""
            super().__init__()
            self.notice, self.cut = notice, cut

    notices: reactive[tuple[Notice, ...]] = reactive((), layout=True)

    def watch_notices(self, notices: tuple[Notice, ...]) -> None:
        """Take room only where there is something to say."""
        self.display = bool(notices)
        self.screen.set_class(bool(notices), "-noticed")
        self.set_class(all(notice.mild for notice in notices), "-mild")
        self.set_class(any(notice.done for notice in notices), "-finished")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as there are at this width."""
        return len(self._lines(width))

    def render(self) -> Text:
        """The sentences."""
        return Text("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Text]:
        width = max(2, width)
        if not self.screen.has_class("-low"):
            return [line for notice in self.notices for line in wrap(Text(notice.text), width)]
        return [_cut(notice, width) for notice in self.notices[:1]]

    def on_click(self) -> None:
        """Tell it."""
        if self.notices:
            first = self.notices[0]
            self.post_message(self.Clicked(first, cut=first.text not in self.render().plain.replace("\n", "")))


def _cut(notice: Notice, width: int) -> Text:
    """One line: all of it, or its short form, or as much of that as there is room for."""
    line = Text(notice.text if cell_len(notice.text) <= width else notice.short)
    line.truncate(width, overflow="ellipsis")
    return line
