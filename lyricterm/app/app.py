"""The app: the studio over the trainer's thread."""

from __future__ import annotations

import gc
import select
import signal
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar, Protocol, runtime_checkable

from rich.text import Text
from textual import events, on
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget

from lyricterm.app.actions import Action, ActionOwner, Keys, bindings
from lyricterm.app.browser_page import keep_background
from lyricterm.app.grid_strips import has_sixteen_colours
from lyricterm.app.key_names import as_shown
from lyricterm.app.messages import Progressed, Reported, wrap
from lyricterm.app.screens.palette import ActionsProvider, Palette
from lyricterm.app.screens.studio import StudioScreen
from lyricterm.app.textual_patches import PatchedApp
from lyricterm.app.themes import SIXTEEN, THEMES
from lyricterm.app.trainer_thread import TrainerThread
from lyricterm.app.whole_keys import apart
from lyricterm.app.widgets.prompt_input import PromptInput
from lyricterm.core.events import Event
from lyricterm.core.i18n import N_, _, n_, translator
from lyricterm.core.log import logger
from lyricterm.core.paths import log_file
from lyricterm.core.sanitize import one_line, outgoing
from lyricterm.core.settings import Recipe
from lyricterm.core.user_config import DEFAULT, Config

INTERRUPTED = 130
"""The exit code of a program that was told to end by a signal."""
_LOOK = 1.0
"""Seconds between two looks whether the terminal is still there."""
_BEHIND_ESCAPE = 0.05
"""Seconds from an Escape to the key that came with it."""
_MOST_TOASTS = 4
"""What is wrong in the configuration may not cover the screen."""

APP_ACTIONS: tuple[Action, ...] = (
    Action(
        "app.palette",
        "ctrl+p",
        N_("palette"),
        N_("find whatever can be done here by its name, and do it"),
        "command_palette",
        rank=61,
        priority=True,
        synonyms=N_("commands"),
    ),
    Action(
        "app.quit",
        "ctrl+q",
        N_("quit"),
        N_("save the run and quit"),
        "quit",
        rank=40,
        priority=True,
        synonyms=N_("exit leave close"),
    ),
    Action(
        "app.suspend",
        "ctrl+z",
        N_("suspend"),
        N_("back to the shell while the model waits; fg comes back"),
        "suspend_process",
        priority=True,
        synonyms=N_("background stop shell"),
    ),
    *(
        Action(
            f"app.theme-{name}",
            "",
            title,
            N_("the colours of the screen"),
            f"theme('{name}')",
            synonyms=N_("colours theme dark light"),
        )
        for name, title in (("dark", N_("theme: dark")), ("light", N_("theme: light")))
    ),
    *(
        Action(
            f"app.language-{code}",
            "",
            title,
            N_("the language of the screen"),
            f"language('{code}')",
            synonyms=N_("translate English Chinese"),
        )
        for code, title in (("en", N_("language: English")), ("zh", N_("language: 中文")))
    ),
)


class MakeLab(Protocol):
    """Makes the trainer's thread."""

    def __call__(self, recipe: Recipe, report: Callable[[Event], None], *, paused: bool) -> TrainerThread:
        """A lab that has not started yet."""


@runtime_checkable
class Worded(Protocol):
    """A screen that can draw its words anew."""

    def reword(self) -> None:
        """In the language in use now."""


class LyrictermApp(PatchedApp):
    """Starts the trainer once the first frame is drawn, and passes its events to the studio."""

    TITLE = "lyricterm"
    CSS_PATH = "lyricterm.tcss"
    COMMANDS = {ActionsProvider}
    ACTIONS: ClassVar[tuple[Action, ...]] = APP_ACTIONS
    KEEPS_KEYS_OF: ClassVar[tuple[type[Widget], ...]] = ()
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTIONS)

    def __init__(
        self,
        recipe: Recipe,
        *,
        paused: bool = False,
        theme: str = "dark",
        make_lab: MakeLab = TrainerThread,
        config: Config = DEFAULT,
    ) -> None:
        super().__init__()
        self.keys = Keys()
        keymap, problems = self._own_keys(config)
        self._problems = (*config.problems, *problems)
        for colours in (SIXTEEN if has_sixteen_colours(self) else THEMES).values():
            self.register_theme(colours)
        self.theme = THEMES[theme].name
        self.lab = make_lab(recipe, self._report, paused=paused)
        self._interrupted = False
        self.reads_only = self.lab.reads_only
        self.studio = StudioScreen(recipe, self.lab.send)
        self.set_keymap(keymap)

    def get_default_screen(self) -> Screen[None]:
        """The studio."""
        return self.studio

    def on_mount(self) -> None:
        """The trainer imports torch; that waits until there is something to look at."""
        if self._interrupted:
            self.exit(return_code=INTERRUPTED)
            return
        if not self.is_headless:
            self.set_interval(_LOOK, _hang_up_without_terminal)
        keep_background(self)
        self.call_after_refresh(gc.enable)
        self.call_after_refresh(self.lab.start)
        self.call_after_refresh(self._complain)

    def set_keymap(self, keymap: Mapping[str, str]) -> None:
        """Other keys; every word that names one follows."""
        super().set_keymap(keymap)
        self.keys = Keys(keymap)
        if self.studio.is_mounted:
            self.studio.reword()

    def get_key_display(self, binding: Binding) -> str:
        """The key as the key bar shows it, in the language in use."""
        return as_shown(binding.key, super().get_key_display(binding))

    def every_action(self) -> tuple[Action, ...]:
        """The actions of all places."""
        return tuple(action for place in self._places() for action in place.ACTIONS)

    def _places(self) -> tuple[type[ActionOwner], ...]:
        from lyricterm.app.owners import OWNERS  # every screen: the first frame waits for them only where it must

        return (type(self), *OWNERS)

    def _own_keys(self, config: Config) -> tuple[Mapping[str, str], tuple[str, ...]]:
        """The person's own keys, and what is wrong with them."""
        if not config.keys:
            return {}, ()
        from lyricterm.app.keymap import Keymap

        return Keymap(self._places()).take(config)

    def _complain(self) -> None:
        """Say what is wrong in the configuration."""
        shown = self._problems if len(self._problems) <= _MOST_TOASTS else self._problems[: _MOST_TOASTS - 1]
        for sentence in shown:
            self._warn(sentence)
        if rest := len(self._problems) - len(shown):
            sentence = n_("config.toml has {count} more problem.", "config.toml has {count} more problems.", rest)
            self._warn(sentence.format(count=rest))

    def _warn(self, sentence: str) -> None:
        self.notify(sentence, severity="warning", timeout=15, markup=False)

    def _report(self, event: Event) -> None:
        """Called in the trainer's thread."""
        try:
            self.post_message(wrap(event))
        except RuntimeError:
            # The event loop has gone; so has whoever would have read this.
            return

    @on(Reported)
    @on(Progressed)
    def _hear(self, message: Reported) -> None:
        """In the app's thread again; while the app ends, there is nothing left to show it on."""
        if self.is_running:
            self.studio.hear(message.event)

    def on_unmount(self) -> None:
        """However the app ends, the trainer ends with it."""
        self.lab.stop(0)

    def interrupt(self) -> None:
        """End as a signal wants it; called in a signal handler."""
        self._interrupted = True
        self.lab.stop(0)
        self.call_in_loop(partial(self.exit, return_code=INTERRUPTED))

    def tell_of_error(self, error: BaseException | None) -> None:
        """An error in the app itself: a sentence for the person, the rest for the log."""
        logger().error("in the app", exc_info=error)
        sentence = _("lyricterm: an internal error ended the lab ({kind}); the log in {path} has the details.")
        self.panic(Text(sentence.format(kind=type(error).__name__, path=log_file())))

    async def on_event(self, event: events.Event) -> None:
        """Take an Escape and a key apart, and make safe what is pasted.

        It is foreign: whichever input it goes to, the palette's too, gets it line by line made safe.
        """
        if isinstance(event, events.Key) and await self._escape_and_key(event):
            return
        if isinstance(event, events.Paste):
            # The event itself, not another in its place: Textual marks the one that it has passed on.
            # The prompt takes joiners and lines too, and sees to them itself.
            prompted = self.focused is None and isinstance(self.screen, StudioScreen)
            clean = outgoing if prompted or isinstance(self.focused, PromptInput) else one_line
            event.text = "\n".join(map(clean, event.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")))
        await super().on_event(event)

    async def _escape_and_key(self, event: events.Key) -> bool:
        """Whether a key was Alt and a character that does nothing: it is taken for Escape and that character."""
        both = None if event.is_forwarded or event.key in self.screen.active_bindings else apart(event)
        if both is None:
            return False
        await super().on_event(both.escape)
        # What Escape does happens in queues of messages; the key belongs behind it.
        self.set_timer(_BEHIND_ESCAPE, partial(self.post_message, both.key))
        return True

    async def action_quit(self) -> None:
        """Leave; the trainer is told at once and waited for after the terminal is restored."""
        self.lab.stop(0)
        self.exit()

    def action_command_palette(self) -> None:
        """The palette, in the language in use."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_theme(self, name: str) -> None:
        """Dark or light."""
        self.theme = THEMES[name].name

    def action_language(self, code: str) -> None:
        """Another language, at once."""
        translator.use(code)
        for screen in self.screen_stack:
            if isinstance(screen, Worded):
                screen.reword()

    def copy_to_clipboard(self, text: str) -> None:
        """What is copied may hold broken bytes of a file name, which no terminal takes."""
        super().copy_to_clipboard(text.encode("utf-8", "replace").decode("utf-8"))

    def action_help_quit(self) -> None:
        """Ctrl+C copies; say how to leave."""
        self.notify(_("{quit_key} leaves lyricterm.").format(**self.keys.words(APP_ACTIONS)), markup=False)


def _hang_up_without_terminal() -> None:
    """Not every terminal that goes says so."""
    poll = select.poll()
    poll.register(0, 0)
    if any(came & select.POLLHUP for _handle, came in poll.poll(0)):
        signal.raise_signal(signal.SIGHUP)
