"""What runs are called: a name of a person's own, or two words that every run has."""

from __future__ import annotations

import hashlib

from lyricterm.core.errors import RunNameError
from lyricterm.core.i18n import _
from lyricterm.core.sanitize import one_line

LAST = "last"
"""Names the newest run."""

MAX_NAME = 60
"""Characters that a run's name may have."""

_FIRST_WORDS = """
    amber autumn bold brave bright calm clear clever cold cool coral daring deep early eager fair fast fine
    first fresh gentle glad golden grand green happy high humble jade keen kind late light lively lucky mellow
    merry mild misty modest noble open pale patient plain proud quick quiet rare red ripe rosy royal shy silver
    simple slow small smooth soft steady still strong sunny sweet warm wide
"""
_SECOND_WORDS = """
    anchor apple arrow ash bay beach bell bird boat bridge brook candle cedar chord cloud coast comet crane
    creek dawn dove drum dune echo ember falcon fern field flame flute forest fox garden gate grove harbor hawk
    hill island ivy kite lake lamp lantern leaf lily lion maple meadow melody moon moss ocean otter owl path
    pearl pine plum pond rain reed river robin rose sail sea shell sky snow song sparrow spring star stone
    stream sun swan thunder tide tiger tree valley violin wave willow wind
"""
_FIRST, _SECOND = _FIRST_WORDS.split(), _SECOND_WORDS.split()


def spoken(run: str) -> str:
    """Two words for a run's id, which are easier to say and to type: quiet-river. Two runs may share them."""
    number = int.from_bytes(hashlib.sha256(run.encode("utf-8", "replace")).digest()[:8])
    return f"{_FIRST[number % len(_FIRST)]}-{_SECOND[number // len(_FIRST) % len(_SECOND)]}"


def checked_name(name: str) -> str:
    """A name that a run may have, without blanks around it.

    Raises:
        RunNameError: if it is too long, cannot be shown as it is, or means something else.
    """
    name = name.strip()
    if len(name) > MAX_NAME:
        raise RunNameError(_("A run's name has at most {count} characters.").format(count=MAX_NAME))
    if name != one_line(name):
        raise RunNameError(_("A run's name must be one line of characters that can be shown."))
    if name.startswith("-"):
        raise RunNameError(
            _("A run's name cannot begin with a hyphen, as {name} does; leave the hyphen out.").format(name=name)
        )
    if name == LAST:
        raise RunNameError(_("A run cannot be called {name}; take another name.").format(name=name))
    return name
