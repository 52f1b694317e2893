"""The texts that are offered, group by group, under headings."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from lyricterm.app.corpus_choice import TextChoice
from lyricterm.core.i18n import _


class TextList(OptionList):
    """The cursor stands on a text, never on a heading."""

    def fill(self, choices: Sequence[TextChoice], first: str) -> None:
        """Show these; the cursor stays on its text, or goes to ``first`` if it is on none."""
        known = [each.corpus for each in choices]
        at = self.get_option_at_index(self.highlighted).id if self.highlighted is not None else None
        wanted = at or first
        self.clear_options()
        group = ""
        for choice in choices:
            if choice.group != group:
                group = choice.group
                self.add_option(Option(Text(_(group), "bold"), disabled=True))
            label = choice.label + (" · " + _("fetch") if choice.fetch else "")
            self.add_option(Option(Text("  " + label, no_wrap=True, overflow="ellipsis"), id=choice.corpus))
        self.highlighted = self.get_option_index(wanted if wanted in known else known[0])
