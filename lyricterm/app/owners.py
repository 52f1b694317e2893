"""Every screen and widget that has actions. Apart, because it imports them all: only the help and a keymap need it."""

from __future__ import annotations

from lyricterm.app.actions import ActionOwner
from lyricterm.app.screens.compare import CompareScreen
from lyricterm.app.screens.corpus import CorpusScreen, PathInput
from lyricterm.app.screens.dialogs import AskScreen, NameScreen
from lyricterm.app.screens.exercise import ExerciseScreen
from lyricterm.app.screens.exercises import ExercisesScreen
from lyricterm.app.screens.export import ExportScreen
from lyricterm.app.screens.help import HelpScreen
from lyricterm.app.screens.inspector import FindInput, InspectorScreen
from lyricterm.app.screens.settings import SettingsScreen
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.app.widgets.file_tree import FileTree
from lyricterm.app.widgets.knobs import Knobs
from lyricterm.app.widgets.prompt_input import PromptInput

OWNERS: tuple[type[ActionOwner], ...] = (
    StudioScreen,
    PromptInput,
    Knobs,
    SettingsScreen,
    HelpScreen,
    InspectorScreen,
    FindInput,
    ExercisesScreen,
    ExerciseScreen,
    CompareScreen,
    CorpusScreen,
    PathInput,
    FileTree,
    AskScreen,
    NameScreen,
    ExportScreen,
)
