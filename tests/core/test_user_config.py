"""The configuration file: what it sets, what is wrong with it, and that no file stops the program."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lyricterm.core.errors import RecipeError
from lyricterm.core.i18n import translator
from lyricterm.core.paths import config_file
from lyricterm.core.settings import DEFAULTS, SETTINGS, Recipe, Value, check
from lyricterm.core.user_config import MAX_BYTES, MAX_PROBLEMS, Config, read

FULL = """\
# All there is.
theme = "light"
language = "zh"
autosave = 2.5
budget = "500 MB"

[recipe]
corpus = "~/lyrics.txt"
max-chars = 5_000
start = 10
valid = 0.25
encoding = "gb18030"
column = "lyrics"
unicode = "raw"
newlines = "keep"
case = "lower"
script = "simplified"
min-count = 2
drop = ['\\(Chorus\\)']
dedupe = true
sampling = "consecutive"
activation = 'relu'
clipping = false
theta = 1
detach = false
cell = "gru"
hidden = 0x200
steps = 10
batch = 4
lr = 1e-1
epochs = 3
keep = "best"
patience = 20
seed = 9_223_372_036_854_775_807
pred_period = 1
pred-len = 2
prefixes = [
    "分开", # the first
    '''a]"''',
]
clip-by = "value"
optimizer = "adam"
schedule = "cosine"
weight_decay = 0.5
layers = 2
dropout = 0.25
embedding = 16
init = "orthogonal"
temperature = 0.8
top-k = 20
top_p = 0.95
min-p = "0.05"
repetition-penalty = 1.25
no-repeat = 4
beam = "off"
sample-count = 2
sample-seed = 7
device = "cpu"
engine = "reference"
matmul = "onednn"
threads = 3

[keys]
"studio.go" = "p"
'app.palette' = "ctrl+b,f1"
"""

RECIPE: dict[str, Value] = {
    "max_chars": 5_000,
    "start": 10,
    "valid": "0.25",
    "encoding": "gb18030",
    "column": "lyrics",
    "unicode": "raw",
    "newlines": "keep",
    "case": "lower",
    "script": "simplified",
    "min_count": 2,
    "drop": (r"\(Chorus\)",),
    "dedupe": True,
    "sampling": "consecutive",
    "activation": "relu",
    "clipping": False,
    "theta": 1.0,
    "detach": False,
    "cell": "gru",
    "hidden": 512,
    "steps": 10,
    "batch": 4,
    "lr": 0.1,
    "epochs": 3,
    "keep": "best",
    "patience": 20,
    "seed": 2**63 - 1,
    "pred_period": 1,
    "pred_len": 2,
    "prefixes": ("分开", 'a]"'),
    "device": "cpu",
    "engine": "reference",
    "clip_by": "value",
    "optimizer": "adam",
    "schedule": "cosine",
    "weight_decay": 0.5,
    "layers": 2,
    "dropout": 0.25,
    "embedding": 16,
    "init": "orthogonal",
    "temperature": "0.8",
    "top_k": "20",
    "top_p": "0.95",
    "min_p": "0.05",
    "repetition_penalty": "1.25",
    "no_repeat": "4",
    "beam": "off",
    "sample_count": 2,
    "sample_seed": 7,
    "matmul": "onednn",
    "threads": "3",
}

Write = Callable[[str | bytes], Config]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a configuration file and read it."""

    def at(text: str | bytes) -> Config:
        path = tmp_path / "config.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read(path)

    return at


def told(config: Config) -> list[str]:
    """The problems without the name of the file."""
    return [problem.partition("config.toml: ")[2] for problem in config.problems]


def is_default(config: Config) -> bool:
    """Whether nothing was set."""
    settings = (config.recipe, config.theme, config.language, config.autosave, config.budget, config.keys)
    return settings == (Recipe(), "dark", None, 10.0, 2_000_000_000, {})


def test_everything_can_be_set(write: Write, clean_home: Path) -> None:
    config = write(FULL)
    assert config.problems == ()
    assert (config.theme, config.language, config.autosave, config.budget) == ("light", "zh", 2.5, 500_000_000)
    assert config.keys == {"studio.go": "p", "app.palette": "ctrl+b,f1"}
    assert config.recipe == Recipe().with_values({"corpus": str(clean_home / "lyrics.txt"), **RECIPE})
    assert set(RECIPE) | {"corpus"} == set(SETTINGS)
    for name, value in RECIPE.items():
        assert type(getattr(config.recipe, name)) is type(DEFAULTS[name]), name
        # Beam search goes with none of the knobs that draw.
        assert value != DEFAULTS[name] or name == "beam"


def test_without_a_file_the_defaults(tmp_path: Path) -> None:
    config = read(tmp_path / "none" / "config.toml")
    assert is_default(config)
    assert config.problems == ()


def test_it_is_looked_for_in_the_persons_folder(clean_home: Path) -> None:
    path = clean_home / "config" / "lyricterm" / "config.toml"
    assert config_file() == path
    path.parent.mkdir(parents=True)
    path.write_text('theme = "light"\nlang = 1', encoding="utf-8")
    config = read()
    assert (config.theme, config.path) == ("light", path)
    assert config.problems == (
        "~/config/lyricterm/config.toml: There is no setting called lang; did you mean language?",
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "\r\n# x\r\n", "\ufeff", "[recipe]", "recipe = {}", " \t\n"])
def test_an_empty_file_sets_nothing(write: Write, text: str) -> None:
    config = write(text)
    assert is_default(config)
    assert config.problems == ()


@pytest.mark.parametrize(
    "text",
    [
        "[recipe]\nhidden = 8",
        "\ufeff[recipe]\nhidden = 8\n",
        "[recipe]\r\n\r\nhidden = 8\r\n",
        "recipe.hidden = 8",
        "recipe = { hidden = 8 }",
        ' [ "recipe" ] # x\n\t"hidden" = 8 # y',
        "[keys]\n[recipe]\nhidden = +8",
    ],
)
def test_there_are_several_ways_to_write_it(write: Write, text: str) -> None:
    config = write(text)
    assert (config.recipe, config.problems) == (Recipe(hidden=8), ())


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ('"2 GB"', 2_000_000_000),
        ('"500MB"', 500_000_000),
        ('"1.5 gB"', None),
        ('"1.5 GB"', 1_500_000_000),
        ('"64 MiB"', 64 << 20),
        ('" 2000 kB "', 2_000_000),
        ("1_000_000", 1_000_000),
        ("2e9", 2_000_000_000),
        ('"1000 TB"', 10**15),
        ('"1001 TB"', None),
        ("999_999", None),
        ('"-1 GB"', None),
        ('"2"', None),
        ('"GB"', None),
        ("true", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_budgets(write: Write, written: str, size: int | None) -> None:
    config = write(f"budget = {written}")
    assert config.budget == (2_000_000_000 if size is None else size)
    assert type(config.budget) is int
    assert len(config.problems) == (size is None)


def test_a_corpus_counts_from_the_files_folder(
    write: Write, tmp_path: Path, clean_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    expected = {
        "demo-zh": "demo-zh",
        "mine.txt": str(tmp_path / "mine.txt"),
        "../a b/mine.zip": str(tmp_path / ".." / "a b" / "mine.zip"),
        "/tmp/x.txt": "/tmp/x.txt",
        "~/x.txt": str(clean_home / "x.txt"),
    }
    for corpus, path in expected.items():
        config = write(f'[recipe]\ncorpus = "{corpus}"')
        assert (config.recipe.corpus, config.problems) == (path, ())
    config = write('[recipe]\ncorpus = "~nobody-at-all/x"')
    assert told(config) == ["[recipe] corpus must be a name or a path, not '~nobody-at-all/x'."]


REST = "correct it. Until then the defaults are used."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("theme = light", f"line 1, column 9 is not TOML (Invalid value); {REST}"),
        (
            "autosave = 3\n\n[recipe\nhidden = 2",
            f"line 3, column 8 is not TOML (Expected ']' at the end of a table declaration); {REST}",
        ),
        ("theme 'light'", f"line 1, column 7 is not TOML (Expected '=' after a key in a key/value pair); {REST}"),
        ("主题 = 'light'", f"line 1, column 1 is not TOML (Invalid statement); {REST}"),
        ("[recipe]\nhidden = [1,\n2", f"line 3, column 2 is not TOML (Unclosed array); {REST}"),
        ("theme = 'dark'\ntheme = 'dark'", f"line 2, column 15 is not TOML (Cannot overwrite a value); {REST}"),
        ("a = 1\n\x1b[2J", f"line 2, column 1 is not TOML (Invalid statement); {REST}"),
        (
            "x = " + "[" * 5_000 + "]" * 5_000,
            "the file holds a value that is too long or too deep; the defaults are used.",
        ),
        ("autosave = " + "9" * 5_000, "the file holds a value that is too long or too deep; the defaults are used."),
    ],
)
def test_of_a_file_that_is_no_toml_nothing_counts(write: Write, text: str, problem: str) -> None:
    config = write(text)
    assert told(config) == [problem]
    assert is_default(config)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        # Tables.
        (
            "[recipes]\nhidden = 2",
            "There is no table [recipes], only [recipe] and [keys]; what is in it is not used.",
        ),
        ("[recipe.x]\nhidden = 2", "There is no setting called [recipe] x.hidden; did you mean hidden?"),
        ("[[recipe]]", "recipe must be a table, written with one pair of brackets, not [{}]."),
        ("recipe = 3", "recipe must be a table, not 3."),
        ("keys = ['p']", "keys must be a table, not ['p']."),
        # Keys.
        ("tehme = 'light'", "There is no setting called tehme; did you mean theme?"),
        ("x = 1", "There is no setting called x; there are theme, language, autosave, budget."),
        ("hidden = 2", "hidden belongs under [recipe]."),
        ("max-chars = 2", "max-chars belongs under [recipe]."),
        ("[recipe]\ntheme = 'light'", "[recipe] theme belongs at the top of the file, above the first table."),
        ("[keys]\nlr = 3", "[keys] lr belongs under [recipe]."),
        ("[recipe]\nhiden = 2", "There is no setting called [recipe] hiden; did you mean hidden?"),
        ("[recipe]\nclip = 2", "There is no setting called [recipe] clip; did you mean theta?"),
        ("[recipe]\nprefix = 'a'", "There is no setting called [recipe] prefix; did you mean prefixes?"),
        # Values.
        ("theme = 'pink'", "theme must be one of dark, light, not 'pink'."),
        ("theme = ['dark']", "theme must be one of dark, light, not ['dark']."),
        ("language = 'fr'", "language must be one of en, zh, not 'fr'."),
        ("autosave = 0", "autosave must be a number of seconds from 0.1 to 86,400, not 0."),
        ("autosave = nan", "autosave must be a number of seconds from 0.1 to 86,400, not nan."),
        ("autosave = true", "autosave must be a number of seconds from 0.1 to 86,400, not true."),
        (
            "budget = '5 EB'",
            "budget must be a size from 1 MB to 1,000 TB, such as \"2 GB\", or a number of bytes, not '5 EB'.",
        ),
        ("[recipe]\nhidden = 0", "[recipe] hidden must be a whole number from 1 to 16,384, not 0."),
        ("[recipe]\nhidden = '8'", "[recipe] hidden must be a whole number from 1 to 16,384, not '8'."),
        ("[recipe]\nhidden = 8.0", "[recipe] hidden must be a whole number from 1 to 16,384, not 8.0."),
        (
            "[recipe]\nmax-chars = true",
            "[recipe] max-chars must be a whole number from 2 to 1,000,000,000, not true.",
        ),
        ("[recipe]\nlr = 0x" + "f" * 9_000, "[recipe] lr must be a number above 0 and up to 1,000,000, not int."),
        ("[recipe]\nthreads = 0", "[recipe] threads must be auto, or a whole number from 1 to 256, not 0."),
        ("[recipe]\nthreads = 1.5", "[recipe] threads must be auto, or a whole number from 1 to 256, not 1.5."),
        ("[recipe]\ncell = 'gnu'", "[recipe] cell must be one of rnn, gru, lstm, not 'gnu'."),
        ("[recipe]\nclipping = 'on'", "[recipe] clipping must be true or false, not 'on'."),
        ("[recipe]\ncorpus = ''", "[recipe] corpus must be a name or a path, not ''."),
        (
            "[recipe]\nprefixes = '分开'",
            "[recipe] prefixes must be a list of at most 16 texts of 1 to 1,000 characters each, not '分开'.",
        ),
        (
            "[keys]\n'studio.go' = 3",
            "[keys] studio.go must be a text: a key, or several with commas between them, not 3.",
        ),
        # The same twice, which TOML does not see.
        (
            "[recipe]\nmax_chars = 9\n\nmax-chars = 8",
            "[recipe] max_chars is there twice, as max_chars and max-chars; the first counts.",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_table_and_key(write: Write, text: str, problem: str) -> None:
    assert told(write(text)) == [problem]


@pytest.mark.parametrize("wrong", ["tehme = 'dark'", "hidden = 0", "theme = 'pink'", "budget = -1"])
def test_the_rest_applies(write: Write, wrong: str) -> None:
    name = wrong.partition(" ")[0]
    lines = [line for line in FULL.splitlines() if not line.startswith(f"{name} =")]
    under = name in SETTINGS
    place = lines.index("[recipe]") + under
    whole, config = write(FULL), write("\n".join([*lines[:place], wrong, *lines[place:]]))
    (problem,) = told(config)
    assert name in problem
    assert config.keys == whole.keys
    assert config.recipe == (replace(whole.recipe, hidden=256) if under else whole.recipe)
    assert (config.theme, config.budget) == (
        "dark" if name == "theme" else whole.theme,
        2_000_000_000 if name == "budget" else whole.budget,
    )


def test_foreign_text_does_not_reach_the_terminal(write: Write) -> None:
    config = write(f'theme = "\\u001b[31m"\n"\\u202e\\n{"x" * 500}" = 1\n["\\u001b"]\n[keys]\n"\\u001b" = 1')
    assert len(config.problems) == 4
    for problem in config.problems:
        assert problem.isprintable()
        assert len(problem) < 400


def test_many_problems_are_counted(write: Write) -> None:
    config = write("".join(f"x{number} = 1\n" for number in range(150)) + "theme = 'light'")
    assert len(config.problems) == MAX_PROBLEMS + 1
    assert told(config)[-1] == "there are 50 more problems."
    assert config.theme == "light"


def test_not_utf_8(write: Write) -> None:
    config = write(b'theme = "light"\n\ntheme = "\xff"')
    assert is_default(config)
    assert told(config) == ["line 3 is not UTF-8; the defaults are used."]
    assert told(write("theme = 1".encode("utf-16"))) == ["line 1 is not UTF-8; the defaults are used."]


def test_too_large(write: Write) -> None:
    fits = write("theme = 'light' #".ljust(MAX_BYTES, "x"))
    assert (fits.theme, fits.problems) == ("light", ())
    config = write("theme = 'light' #".ljust(MAX_BYTES + 1, "x"))
    assert is_default(config)
    (problem,) = config.problems
    assert problem.endswith("config.toml: the file is larger than 16,384 bytes; the defaults are used.")


def test_no_file_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "config.toml"
    folder.mkdir()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    sentences = {
        folder: f"{folder}: this is not a file; the defaults are used.",
        pipe: f"{pipe}: this is not a file; the defaults are used.",
        loop: f"{loop}: the file cannot be read (Too many levels of symbolic links); the defaults are used.",
    }
    for path, sentence in sentences.items():
        config = read(path)
        assert is_default(config)
        assert config.problems == (sentence,)
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    for path in (dangling, pipe / "config.toml"):
        assert read(path).problems == ()


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text("theme = 'light'", encoding="utf-8")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    config = read(path)
    assert is_default(config)
    assert config.problems == (f"{path}: the file cannot be read (Permission denied); the defaults are used.",)


def test_problems_are_worded_in_the_language_in_use(write: Write) -> None:
    english = write("[recipe]\nhidden = 0").problems
    translator.use("zh")
    assert write("[recipe]\nhidden = 0").problems != english


HOSTILE = {
    "open arrays": "a=[\n" * MAX_BYTES,
    "a large array": "[recipe]\nprefixes=[" + "1," * 7_000 + "]",
    "deep": "a=" + "[" * MAX_BYTES,
    "dots in a key": "a." * 2_000 + "a=1",
    "dots in braces": "x={" + "a." * 8_000 + "a=1}",
    "many in braces": "x={" + ",".join(f"a{i}=1" for i in range(1_800)) + "}",
    "quotes": '"' * MAX_BYTES,
    "digits": "[recipe]\nseed=" + "9" * 9_000,
    "hexadecimal digits": "[recipe]\nlr=0x" + "f" * 9_000,
    "nothing but NUL": "\0" * MAX_BYTES,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_set_nothing(write: Write, name: str) -> None:
    config = write(HOSTILE[name][:MAX_BYTES])
    assert 0 < len(config.problems) <= MAX_PROBLEMS + 1
    assert is_default(config)


def consistent(config: Config) -> None:
    """What holds for every configuration, whatever was in the file."""
    assert config.theme in ("dark", "light")
    assert config.language in (None, "en", "zh")
    assert 0.1 <= config.autosave <= 86_400
    assert 1_000_000 <= config.budget <= 10**15
    for name in SETTINGS:
        check(name, getattr(config.recipe, name))
    assert all(isinstance(keys, str) for keys in config.keys.values())
    assert len(config.problems) <= MAX_PROBLEMS + 1
    assert not {category(char) for problem in config.problems for char in problem} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


MARKS = ('"""', "'''", "[", "]", "{", "}", "=", ".", "#", "\n", "\r", "\\", ",", "x")
PIECES = st.sampled_from([*FULL.splitlines(), *MARKS])


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode(errors="surrogatepass")))
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
def test_any_bytes_give_a_configuration(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    consistent(read(path))


@given(st.lists(PIECES, max_size=40), st.sampled_from(["", " ", "\n"]))
def test_any_pieces_give_a_configuration(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], between: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "pieces.toml"
    path.write_text(between.join(pieces), encoding="utf-8")
    consistent(read(path))


def mutated(chance: random.Random) -> bytes:
    """The full file with a few bytes changed, lines moved, or pieces lost."""
    content = bytearray(FULL.encode())
    for _change in range(chance.randint(1, 8)):
        place, other = chance.randrange(len(content) + 1), chance.randrange(len(content) + 1)
        kind = chance.randrange(5)
        if kind == 0:
            content[place : place + 1] = bytes([chance.randrange(256)])
        elif kind == 1:
            del content[place : place + chance.choice((1, 1, 2, 5, 30))]
        elif kind == 2:
            content[place:place] = chance.choice((b'"', b"'", b'"""', b"[", b"]", b"{", b"}", b"=", b"\n", b"\\", b"#"))
        elif kind == 3:
            content[place:place] = content[other : other + chance.randint(1, 60)]
        else:
            content[place:place] = chance.choice((b"0", b"9" * 30, b"-", b".", b"e", b"\0", b"\r", "分".encode()))
    return bytes(content)


@pytest.mark.parametrize("count", [1_000, pytest.param(50_000, marks=pytest.mark.long)])
def test_a_damaged_file_gives_a_configuration(tmp_path: Path, count: int) -> None:
    chance = random.Random(count)
    path = tmp_path / "config.toml"
    untouched = 0
    for _round in range(count):
        path.write_bytes(mutated(chance))
        config = read(path)
        consistent(config)
        untouched += config.keys.get("studio.go") == "p"
    # Where it is still TOML, damage in one place leaves the others as they are.
    assert untouched > count / 40


def test_the_check_is_the_recipes_own() -> None:
    with pytest.raises(RecipeError):
        check("hidden", 0)
