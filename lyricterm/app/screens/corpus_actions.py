"""What can be done on the corpus screen, and in the field for a path."""

from __future__ import annotations

from lyricterm.app.actions import Action
from lyricterm.core.i18n import N_

BEGIN = Action(
    "corpus.begin",
    "enter",
    N_("use it"),
    N_("use the text under the cursor; a data set that is not here yet is fetched"),
    "begin",
    rank=2,
    priority=True,
    synonyms=N_("train start run fetch"),
)
FILES = Action(
    "corpus.files",
    "f",
    N_("files"),
    N_("choose among the files of this machine, or go back to the list"),
    "files",
    rank=3,
    synonyms=N_("browse folder open"),
)
FOLDER_ABOVE = Action(
    "corpus.folder-above",
    "backspace,u",
    N_("folder above"),
    N_("among the files: go to the folder above"),
    "up",
    rank=5,
)
PATH = Action(
    "corpus.path",
    "/",
    N_("path"),
    N_("type or paste the path of a file, a folder or a pattern"),
    "path",
    rank=4,
    synonyms=N_("paste drop type"),
)
PAGES = tuple(
    Action(
        f"corpus.{name}", key, N_("scroll"), N_("scroll the description of the text"), f"page({step})", priority=True
    )
    for name, key, step in (("scroll-down", "pagedown", 1), ("scroll-up", "pageup", -1))
)
HELP = Action("corpus.help-texts", "?", N_("help"), N_("all keys, and what everything means"), "help", rank=6)
DONE = Action(
    "corpus.back-out",
    "escape",
    N_("back"),
    N_("stop what is being read, or go back and change nothing"),
    "done",
    rank=1,
)
CORPUS_ACTIONS: tuple[Action, ...] = (BEGIN, FILES, FOLDER_ABOVE, PATH, *PAGES, HELP, DONE)

PATH_ACTIONS: tuple[Action, ...] = (
    Action("path.leave-path", "escape", N_("leave the field"), N_("go back to the list of texts"), "leave", rank=1),
)
