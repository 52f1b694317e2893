"""Which class has the bindings of which place; apart, because it imports every screen."""

from __future__ import annotations

from lyricterm.app.app import LyrictermApp
from lyricterm.app.screens.compare import CompareScreen
from lyricterm.app.screens.dialogs import AskScreen, NameScreen
from lyricterm.app.screens.exercise import ExerciseScreen
from lyricterm.app.screens.exercises import ExercisesScreen
from lyricterm.app.screens.export import ExportScreen
from lyricterm.app.screens.help import HelpScreen
from lyricterm.app.screens.inspector import FindInput, InsideScreen
from lyricterm.app.screens.settings import SettingsScreen
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.app.widgets.prompt import PromptInput

OWNERS: dict[str, type] = {
    "app": LyrictermApp,
    "studio": StudioScreen,
    "prompt": PromptInput,
    "settings": SettingsScreen,
    "help": HelpScreen,
    "inside": InsideScreen,
    "find": FindInput,
    "exercises": ExercisesScreen,
    "exercise": ExerciseScreen,
    "compare": CompareScreen,
    "ask": AskScreen,
    "naming": NameScreen,
    "export": ExportScreen,
}
"""By the names that ``bindings.PLACES`` has for the places."""
