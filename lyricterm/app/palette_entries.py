"""What the command palette offers: everything that a key or a click can do, and language and colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.dom import DOMNode

from lyricterm.core.i18n import LANGUAGES, N_, _


@dataclass(frozen=True)
class Offer:
    """One command: source text of its title and help, and the action it runs."""

    title: str
    help: str
    action: str


STUDIO: tuple[Offer, ...] = (
    Offer(N_("Pause or go on"), N_("pause or continue training"), "go_or_pause"),
    Offer(N_("One step"), N_("train one minibatch, then pause"), "step"),
    Offer(N_("Flip sampling"), N_("random or consecutive, from the next epoch"), "flip('sampling')"),
    Offer(N_("Flip clipping"), N_("clip the gradient or not"), "flip('clipping')"),
    Offer(N_("Raise theta"), N_("clip the gradient later"), "nudge('theta', 1)"),
    Offer(N_("Lower theta"), N_("clip the gradient sooner"), "nudge('theta', -1)"),
    Offer(N_("Flip activation"), N_("tanh or ReLU"), "flip('activation')"),
    Offer(N_("Flip detach"), N_("cut the carried state from the gradient or not"), "flip('detach')"),
    Offer(N_("Raise the learning rate"), N_("larger steps"), "nudge('lr', 1)"),
    Offer(N_("Lower the learning rate"), N_("smaller steps"), "nudge('lr', -1)"),
    Offer(N_("Sample more often"), N_("fewer epochs between lyrics"), "nudge('pred_period', -1)"),
    Offer(N_("Sample less often"), N_("more epochs between lyrics"), "nudge('pred_period', 1)"),
    Offer(N_("Restart with the same seed"), N_("the same numbers again"), "restart"),
    Offer(N_("Restart with a new seed"), N_("another beginning"), "new_seed"),
    Offer(N_("Back, with clipping"), N_("after a divergence: on from the last finite weights"), "go_back"),
    Offer(N_("Open the unfinished run"), N_("go on with the run that was left last"), "open"),
    Offer(N_("Exercises"), N_("the chapter's questions, answered by training"), "exercises"),
    Offer(N_("Compare runs"), N_("their figures and curves beside each other"), "compare"),
    Offer(N_("Take along"), N_("write curves, samples, a report or the screen to a file"), "export"),
    Offer(N_("Copy"), N_("copy the completion to the clipboard"), "copy"),
    Offer(N_("Settings"), N_("all settings, also those that start a new run"), "settings"),
    Offer(N_("Prompt"), N_("type the beginning of a lyric"), "prompt"),
    Offer(N_("Look inside"), N_("minibatches, states, gradients and probabilities of the running model"), "inside"),
    Offer(N_("Help"), N_("what everything means"), "help"),
)

APP: tuple[Offer, ...] = (
    Offer(N_("Dark colours"), N_("light text on dark"), "theme('dark')"),
    Offer(N_("Light colours"), N_("dark text on light"), "theme('light')"),
    Offer(N_("Quit"), N_("leave lyricterm"), "quit"),
)


def languages() -> Iterator[Offer]:
    """One offer per language, named in its own words."""
    for code, name in LANGUAGES.items():
        yield Offer(name, N_("the language of the screen"), f"language('{code}')")


class Commands(Provider):
    """Finds offers in the language in use; says so itself when none fits."""

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for offer, target in self._offers():
            yield DiscoveryHit(_(offer.title), self._runner(target, offer.action), help=_(offer.help))

    async def search(self, query: str) -> Hits:
        """What fits to the letters typed."""
        matcher = self.matcher(query)
        found = False
        for offer, target in self._offers():
            score = matcher.match(_(offer.title))
            if score > 0:
                found = True
                title = matcher.highlight(_(offer.title))
                yield Hit(score, title, self._runner(target, offer.action), help=_(offer.help))
        if not found:
            yield Hit(1, _("no command fits"), self._nothing)

    def _offers(self) -> Iterator[tuple[Offer, DOMNode]]:
        for offer in getattr(self.screen, "OFFERS", STUDIO):
            yield offer, self.screen
        for offer in (*languages(), *APP):
            yield offer, self.app

    def _runner(self, target: DOMNode, action: str) -> Callable[[], None]:
        def run() -> None:
            self.app.call_later(self.app.run_action, action, target)

        return run

    def _nothing(self) -> None:
        """What choosing "no command fits" does."""
