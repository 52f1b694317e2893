"""argparse's own sentences that a person can meet here, for the catalogue (Python 3.11 to 3.14).

argparse looks them up in the program's gettext domain; this module only lists them and is never imported.
"""

from __future__ import annotations

from lyricterm.core.i18n import N_, n_

SENTENCES = (
    N_("usage: "),
    N_("%(heading)s:"),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("show program's version number and exit"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("unrecognized arguments: %s"),
    N_("the following arguments are required: %s"),
    N_("not allowed with argument %s"),
    N_("ignored explicit argument %r"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("expected one argument"),
    N_("expected at most one argument"),
    N_("expected at least one argument"),
    N_("invalid %(type)s value: %(value)r"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid choice: %(value)r, maybe you meant %(closest)r? (choose from %(choices)s)"),
    N_("unknown parser %(parser_name)r (choices: %(choices)s)"),
)


def arguments_expected(count: int) -> str:
    """The one sentence that counts."""
    return n_("expected %s argument", "expected %s arguments", count)
