"""The Chinese catalogue: complete, true to the source's placeholders, and compiled."""

from __future__ import annotations

import gettext
import re
from collections import Counter
from pathlib import Path

import lyricterm
from tests.messages import MO, as_id, catalogue, extract, translated

MESSAGES = [message for message in catalogue() if message.id]

# {name}, {name:.1f}, and argparse's %(name)s, %s, %r
PLACEHOLDER = re.compile(r"\{[^}]*\}|%(?:\([^)]*\))?[srd]")


def _forms(text: object) -> list[str]:
    return list(text) if isinstance(text, (list, tuple)) else [str(text)]


def test_every_message_of_the_program_is_in_the_catalogue_and_no_other() -> None:
    assert {as_id(message.id) for message in MESSAGES} == set(extract())


def test_the_marked_functions_are_found() -> None:
    found = extract()
    assert found["learning rate"] == ["lyricterm/core/learning_settings.py"]
    assert "usage: " in found
    assert (
        "finished {count} epoch in {seconds:.1f} s, perplexity {perplexity}",
        "finished {count} epochs in {seconds:.1f} s, perplexity {perplexity}",
    ) in found


def test_nothing_is_left_untranslated_fuzzy_or_obsolete() -> None:
    assert [message.id for message in MESSAGES if not translated(message)] == []
    assert [message.id for message in MESSAGES if message.fuzzy] == []
    assert list(catalogue().obsolete) == []


def test_one_plural_form() -> None:
    assert catalogue().num_plurals == 1
    assert {len(_forms(message.string)) for message in MESSAGES} == {1}


def _placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def test_translations_keep_the_placeholders() -> None:
    wrong = [
        translation
        for message in MESSAGES
        for source in _forms(message.id)
        for translation in _forms(message.string)
        if _placeholders(source) != _placeholders(translation)
    ]
    assert wrong == []


def test_translations_have_the_spaces_and_line_ends_of_the_source() -> None:
    wrong = [
        translation
        for message in MESSAGES
        for translation in _forms(message.string)
        if translation.lstrip() != translation
        or translation[len(translation.rstrip()) :] != _forms(message.id)[0][len(_forms(message.id)[0].rstrip()) :]
    ]
    assert wrong == []


def test_chinese_has_a_space_beside_latin_and_wide_punctuation() -> None:
    han = "[\u4e00-\u9fff]"
    odd = re.compile(rf"{han}[A-Za-z0-9]|[A-Za-z0-9]{han}|{han}[,;:!?()]|[，。：；（）] | [，。：；（）]")
    wrong = [text for message in MESSAGES for text in _forms(message.string) if odd.search(text.rstrip(": "))]
    assert wrong == []


def test_no_blank_stands_between_two_chinese_words() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(lyricterm.__file__).parent.rglob("*.py"))
    # Words that the palette is searched for, in no sentence.
    listed = set(re.findall(r'synonyms=N_\(\s*"([^"]*)"', source))
    wide = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
    blank = re.compile(f"{wide} +{wide}")
    wrong = [
        text
        for message in MESSAGES
        for text in _forms(message.string)
        if message.id not in listed and blank.search(text)
    ]
    assert len(listed) > 20
    assert wrong == []


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    with MO.open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    wrong = [
        message.id
        for message in MESSAGES
        if isinstance(message.id, str) and compiled.gettext(message.id) != message.string
    ]
    assert wrong == []
