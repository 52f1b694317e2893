"""Runs in words: what one tried, in what several differ, what was changed and where one stands."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from lyricterm.core.copied import Spans
from lyricterm.core.decoding import KNOBS, Decoding
from lyricterm.core.i18n import _
from lyricterm.core.number_format import figure, percent, setting_value
from lyricterm.core.run_data import Mark, Sample
from lyricterm.core.sample_settings import SAMPLE_SETTINGS
from lyricterm.core.sanitize import brief, one_line
from lyricterm.core.settings import SETTINGS, Recipe, differences
from lyricterm.storage.run_info import RunInfo

_CHAPTER = Recipe()
MAX_WORD = 60
"""Characters of a value that are shown."""
_TOLD = ("sampling", "activation", "clipping", "theta")
"""Settings that every description of a variant names."""
_SPEAKING = ("sampling", "activation", "cell", "engine")
"""Settings whose values say enough by themselves."""
_NO_VARIANT = (
    "epochs",
    *SAMPLE_SETTINGS,
    "threads",
    "device",
    "matmul",
    "unicode",
    "encoding",
    "column",
)
"""Settings that do not change what is learnt."""


def same_but_the_seed(info: RunInfo) -> object:
    """Equal for runs that learn the same text with the same settings, but for the seed, for as many epochs."""
    told = tuple(getattr(info.recipe, name) for name in SETTINGS if name not in (*_NO_VARIANT, "seed", "corpus"))
    return info.fingerprint, info.vocabulary, info.recipe.epochs, told


def variant(info: RunInfo) -> str:
    """What was tried, in words: "random tanh clip 5", and what else differs from the defaults."""
    recipe = info.recipe
    special = [name for name in differences(_CHAPTER, recipe) if name not in _TOLD and name not in _NO_VARIANT]
    words = [setting_value(recipe.sampling), setting_value(recipe.activation), _clip(recipe)]
    words += [_word(name, recipe, info.corpus) for name in special]
    return " ".join(one_line(word)[:MAX_WORD] for word in words)


def contrast(infos: Sequence[RunInfo]) -> list[str]:
    """Each run in the words in which it differs from the others; alone, as ``variant`` does.

    Runs that do not differ have no words.
    """
    if len(infos) < 2:
        return [variant(info) for info in infos]
    told = {name: {_value(name, info) for info in infos if _applies(name, info.recipe)} for name in SETTINGS}
    names = [name for name in (*_TOLD, *SETTINGS) if len(told[name]) > 1 and name not in _NO_VARIANT]
    names = list(dict.fromkeys(names))
    if "clipping" in names and "theta" in names:
        # One word tells both.
        names.remove("theta")
    return [
        " ".join(
            one_line(_word(name, info.recipe, info.corpus))[:MAX_WORD] for name in names if _applies(name, info.recipe)
        )
        for info in infos
    ]


def _value(name: str, info: RunInfo) -> object:
    return info.corpus if name == "corpus" else getattr(info.recipe, name)


def _applies(name: str, recipe: Recipe) -> bool:
    """The setting has an effect, with the others as they are."""
    return not (name == "theta" and not recipe.clipping) and not (name == "detach" and recipe.sampling == "random")


def _word(name: str, recipe: Recipe, corpus: str) -> str:
    if name == "corpus":
        return corpus
    if name in ("clipping", "theta"):
        return _clip(recipe)
    declared, value = SETTINGS[name], getattr(recipe, name)
    shown = declared.unlimited if declared.unlimited and value == declared.high else setting_value(value)
    return shown if name in _SPEAKING else f"{_(declared.label)} {shown}"


def _clip(recipe: Recipe) -> str:
    return _("clip {theta}").format(theta=setting_value(recipe.theta)) if recipe.clipping else _("no clip")


def incomparable(infos: Sequence[RunInfo]) -> str:
    """A sentence, if these runs' perplexities cannot be compared; else empty."""
    if len({(info.fingerprint, info.vocabulary) for info in infos}) < 2:
        return ""
    sizes = sorted({info.vocabulary for info in infos})
    if len(sizes) == 1:
        return _("These runs learnt different texts: their perplexities are not comparable.")
    shown = ", ".join(f"{size:,}" for size in sizes[:4]) + (" …" if len(sizes) > 4 else "")
    sentence = _("These runs learnt texts of {sizes} distinct characters: their perplexities are not comparable.")
    return sentence.format(sizes=shown)


def without_curve(infos: Sequence[RunInfo]) -> str:
    """Why runs of which no epoch is done have no curve, and what can be done."""
    places = [(info, info.diverged) for info in infos if info.diverged is not None]
    if not places:
        return _("No epoch is done yet.")
    clipped = any(info.recipe.clipping for info, _place in places)
    advice = _("Lower theta or the learning rate.") if clipped else _("Switch clipping on, or lower the learning rate.")
    if len(places) > 1:
        sentence = _("{count} runs diverged before an epoch was done, so they have no curves. {advice}")
        return sentence.format(count=len(places), advice=advice)
    (info, (epoch, minibatch)) = places[0]
    sentence = _(
        "{name} diverged in epoch {epoch}, minibatch {minibatch}: no epoch is done, so it has no curve. {advice}"
    )
    return sentence.format(name=one_line(info.spoken), epoch=f"{epoch:,}", minibatch=f"{minibatch:,}", advice=advice)


def mark_words(mark: Mark) -> str:
    """A change of variant: "clipping on → off"."""
    setting = _(SETTINGS[mark.setting].label) if mark.setting in SETTINGS else mark.setting
    return brief(f"{setting} {setting_value(mark.old)} → {setting_value(mark.new)}", 60)


def decoding_words(decoding: Decoding, seed: int) -> Iterator[str]:
    """What differs from the greedy choice of characters, with the seed where chance decides."""
    yield from knob_words(decoding)
    if decoding.draws:
        yield f"{_(SETTINGS['seed'].label)} {seed}"


def knob_words(decoding: Decoding) -> Iterator[str]:
    """The knobs that are on, each with its value."""
    for name, value in decoding.on().items():
        yield f"{_(KNOBS[name].label)} {setting_value(value)}"


def sample_words(sample: Sample) -> str:
    """After how many epochs a sample was written, how well the model did, and how its characters were chosen."""
    words = _("epoch {epoch} · perplexity {perplexity}")
    told = words.format(epoch=f"{sample.epoch:,}", perplexity=figure(sample.perplexity))
    return " · ".join((told, *decoding_words(sample.decoding, sample.seed)))


def copied_words(share: float, spans: Spans | None) -> str:
    """How much of a lyric is copied from the training text, in these parts; empty where it was not searched."""
    if math.isnan(share):
        return ""
    words = _("{share} copied (underlined)") if spans else _("{share} copied")
    return words.format(share=percent(share))


def diverged_words(info: RunInfo) -> str:
    """In which epoch and minibatch a run overflowed; empty if it did not."""
    return "" if info.diverged is None else f"{info.diverged[0]:,}:{info.diverged[1]:,}"
