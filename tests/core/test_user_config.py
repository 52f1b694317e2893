"""The configuration file: what it sets, what is wrong with it, and that no file stops the program."""

from __future__ import annotations

import os
import random
import tomllib
from collections.abc import Callable
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lyricterm.core import toml
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
device = "cpu"
engine = "reference"
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
    return [problem.partition("config.toml, ")[2] for problem in config.problems]


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
        assert value != DEFAULTS[name]


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
        "~/config/lyricterm/config.toml, line 2: There is no setting called lang; did you mean language?",
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
    assert told(config) == ["line 2: corpus must be a name or a path, not '~nobody-at-all/x'."]


TOML = "the value is not TOML; texts stand in quotes, and what is opened must be closed."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        # No TOML.
        ("theme = light", f"line 1: theme: {TOML}"),
        ("theme = 'light", f"line 1: theme: {TOML}"),
        ("\n\nautosave = ", f"line 3: autosave: {TOML}"),
        ("theme 'light'", "line 1: theme 'light' is not TOML; write key = value, or [table]."),
        ("主题 = 'light'", "line 1: 主题 = 'light' is not TOML; write key = value, or [table]."),
        ("x = [1,\n2,\n3\n", f"line 1: x: {TOML}"),
        ('x = """\nall\n# the rest', f"line 1: x: {TOML}"),
        ("x = '''\n''", f"line 1: x: {TOML}"),
        ('theme = "a\0"', f"line 1: theme: {TOML}"),
        ("\0", "line 1: \N{REPLACEMENT CHARACTER} is not TOML; write key = value, or [table]."),
        ('theme = "\\ud800"', f"line 1: theme: {TOML}"),
        ("x = " + "[" * 5_000 + "]" * 5_000, f"line 1: x: {TOML}"),
        ("x = " + "{a=" * 5_000 + "1" + "}" * 5_000, f"line 1: x: {TOML}"),
        ("autosave = " + "9" * 5_000, f"line 1: autosave: {TOML}"),
        ("theme = 'light'\rautosave = 3\r", f"line 1: theme: {TOML}"),
        # Tables.
        (
            "[recipes]\nhidden = 2",
            "line 1: There is no table [recipes], only [recipe] and [keys]; what stands under it is not used.",
        ),
        (
            "[recipe.x]\nhidden = 2",
            "line 1: There is no table [recipe.x], only [recipe] and [keys]; what stands under it is not used.",
        ),
        ("[]\nhidden = 2", "line 1: [] is no table; there are [recipe] and [keys]. What stands under it is not used."),
        (
            "[keys\n'a' = 'b'",
            "line 1: [keys is not TOML; a table begins with its name in brackets, alone on its line.",
        ),
        ("[[recipe]]", "line 1: Write [recipe] with one pair of brackets."),
        ("[recipe]\n[keys]\n[recipe]", "line 3: [recipe] begins again; write all of it together, under line 1."),
        ("recipe = 3", "line 1: recipe must be a table, not 3."),
        ("keys = ['p']", "line 1: keys must be a table, not ['p']."),
        # Keys.
        ("tehme = 'light'", "line 1: There is no setting called tehme; did you mean theme?"),
        ("x = 1", "line 1: There is no setting called x; there are theme, language, autosave, budget."),
        ("hidden = 2", "line 1: hidden belongs under [recipe]."),
        ("max-chars = 2", "line 1: max-chars belongs under [recipe]."),
        ("[recipe]\ntheme = 'light'", "line 2: theme belongs at the top of the file, above the first table."),
        ("[keys]\nlr = 3", "line 2: lr belongs under [recipe]."),
        ("[recipe]\nhiden = 2", "line 2: There is no setting called hiden; did you mean hidden?"),
        ("[recipe]\nclip = 2", "line 2: There is no setting called clip; did you mean theta?"),
        ("[recipe]\nprefix = 'a'", "line 2: There is no setting called prefix; did you mean prefixes?"),
        ("[recipe]\nhidden.x = 2", "line 2: There is no setting called hidden.x; did you mean hidden?"),
        # Values.
        ("theme = 'pink'", "line 1: theme must be one of dark, light, not 'pink'."),
        ("theme = ['dark']", "line 1: theme must be one of dark, light, not ['dark']."),
        ("language = 'fr'", "line 1: language must be one of en, zh, not 'fr'."),
        ("autosave = 0", "line 1: autosave must be a number of seconds from 0.1 to 86,400, not 0."),
        ("autosave = nan", "line 1: autosave must be a number of seconds from 0.1 to 86,400, not nan."),
        ("autosave = true", "line 1: autosave must be a number of seconds from 0.1 to 86,400, not true."),
        (
            "budget = '5 EB'",
            "line 1: budget must be a size from 1 MB to 1,000 TB, such as \"2 GB\", or a number of bytes, not '5 EB'.",
        ),
        ("[recipe]\nhidden = 0", "line 2: hidden must be a whole number from 1 to 16,384, not 0."),
        ("[recipe]\nhidden = '8'", "line 2: hidden must be a whole number from 1 to 16,384, not '8'."),
        ("[recipe]\nhidden = 8.0", "line 2: hidden must be a whole number from 1 to 16,384, not 8.0."),
        ("[recipe]\nmax-chars = true", "line 2: max-chars must be a whole number from 2 to 1,000,000,000, not true."),
        ("[recipe]\nlr = 0x" + "f" * 9_000, "line 2: lr must be a number above 0 and up to 1,000,000, not int."),
        ("[recipe]\nthreads = 0", "line 2: threads must be auto, or a whole number from 1 to 256, not 0."),
        ("[recipe]\nthreads = 1.5", "line 2: threads must be auto, or a whole number from 1 to 256, not 1.5."),
        ("[recipe]\ncell = 'gnu'", "line 2: cell must be one of rnn, gru, lstm, not 'gnu'."),
        ("[recipe]\nclipping = 'on'", "line 2: clipping must be true or false, not 'on'."),
        ("[recipe]\ncorpus = ''", "line 2: corpus must be a name or a path, not ''."),
        (
            "[recipe]\nprefixes = '分开'",
            "line 2: prefixes must be a list of at most 16 texts of 1 to 1,000 characters each, not '分开'.",
        ),
        (
            "[recipe]\n\nprefixes = [\n'a',\n3]",
            "line 3: prefixes must be a list of at most 16 texts of 1 to 1,000 characters each, not ['a', 3].",
        ),
        ("[recipe]\nseed = 2020-01-01", "line 2: seed must be a whole number from 0 to 9,223,372,036,854,775,807, not"),
        (
            "[keys]\n'studio.go' = 3",
            "line 2: studio.go must be a text: a key, or several with commas between them, not 3.",
        ),
        # The same twice.
        ("theme = 'dark'\ntheme = 'dark'", "line 2: theme is there twice; line 1 counts."),
        ("[recipe]\nmax_chars = 9\n\nmax-chars = 8", "line 4: max-chars is there twice; line 2 counts."),
        ("[recipe]\nhidden = 9\n[keys]\n[recipe]\nhidden = 8", "line 5: hidden is there twice; line 2 counts."),
        ("[keys]\n'studio.go' = 'p'\nstudio.go = 'p'", "line 3: studio.go is there twice; line 2 counts."),
        ("recipe = {steps = 3, seed = 1}\nrecipe.seed = 2", "line 2: seed is there twice; line 1 counts."),
    ],
)
def test_what_is_wrong_is_named_with_its_line(write: Write, text: str, problem: str) -> None:
    found = told(write(text))
    if not problem.endswith("."):
        found = [sentence[: len(problem)] for sentence in found]
    assert found[-1] == problem
    # Of a table that begins again, what stands twice in it is named beside it.
    assert len(found) == 1 or "begins again" in found[0]


@pytest.mark.parametrize("wrong", ["x", "x = ", "tehme = 'dark'", "hidden = 0", "theme = 'pink'", "x = [1,", "y = '''"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_rest_applies_wherever_the_wrong_line_stands(write: Write, wrong: str, end: str) -> None:
    right = FULL.split("\n")
    whole = write(FULL)
    inside = range(right.index("prefixes = [") + 1, right.index("]") + 1)
    # Under [keys], any name may be an action's: the app knows.
    for place in {*range(right.index("[keys]"))} - {*inside}:
        config = write(end.join([*right[:place], wrong, *right[place:]]))
        (problem, *more) = told(config)
        assert problem.startswith(f"line {place + 1}: ")
        # A wrong value does not hide the right one, and unclosed quotes nothing but themselves.
        assert not more or wrong.endswith("'''") or wrong == "theme = 'pink'" or wrong == "hidden = 0"
        assert config.keys == whole.keys
        assert (config.theme, config.budget) == (whole.theme, whole.budget)
        if wrong.endswith("'''") and place < inside.start:
            continue
        assert config.recipe == whole.recipe


def test_the_first_value_that_can_be_used_counts(write: Write) -> None:
    config = write("[recipe]\nhidden = 'many'\nhidden = 8\nhidden = 9")
    assert config.recipe.hidden == 8
    assert [problem.partition(":")[0] for problem in told(config)] == ["line 2", "line 4"]


def test_foreign_text_does_not_reach_the_terminal(write: Write) -> None:
    config = write(f'theme = "\\u001b[31m"\n\x1b[2J\n"\\u202e\\n{"x" * 500}" = 1\n[\x1b]\n[keys]\n"\\u001b" = 1')
    assert len(config.problems) == 5
    for problem in config.problems:
        assert problem.isprintable()
        assert len(problem) < 400


def test_after_many_problems_it_is_not_read_on(write: Write) -> None:
    config = write("x = 1\n" * 100_000 + "theme = 'light'")
    assert len(config.problems) == MAX_PROBLEMS + 1
    assert told(config)[-1] == "line 101: There are more problems than 100; the file is not read from here on."
    assert config.theme == "dark"


def test_not_utf_8(write: Write) -> None:
    config = write(b'theme = "light"\n\ntheme = "\xff"')
    assert is_default(config)
    assert told(config) == ["line 3: The file is not UTF-8; the defaults are used."]
    assert told(write("theme = 1".encode("utf-16"))) == ["line 1: The file is not UTF-8; the defaults are used."]


def test_too_large(write: Write) -> None:
    fits = write("theme = 'light' #".ljust(MAX_BYTES, "x"))
    assert (fits.theme, fits.problems) == ("light", ())
    config = write("theme = 'light' #".ljust(MAX_BYTES + 1, "x"))
    assert is_default(config)
    (problem,) = config.problems
    assert problem.endswith("config.toml is larger than 1,048,576 bytes; the defaults are used.")


def test_no_file_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "config.toml"
    folder.mkdir()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    sentences = {
        folder: f"{folder} is not a file; the defaults are used.",
        pipe: f"{pipe} is not a file; the defaults are used.",
        loop: f"{loop} cannot be read (Too many levels of symbolic links); the defaults are used.",
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
    assert config.problems == (f"{path} cannot be read (Permission denied); the defaults are used.",)


def test_problems_are_worded_in_the_language_in_use(write: Write) -> None:
    english = write("[recipe]\nhidden = 0").problems
    translator.use("zh")
    assert write("[recipe]\nhidden = 0").problems != english


HOSTILE = {
    "blank lines": "\n" * MAX_BYTES,
    "blanks": " " * MAX_BYTES,
    "open arrays": "a=[\n" * 200_000,
    "one open array": "a=[\n" + "1\n" * 400_000,
    "open arrays and then some": "a=[\n" * 90 + "1\n" * 500_000,
    "a large array": "[recipe]\nprefixes=[" + "1," * 400_000 + "]",
    "deep": "a=" + "[" * 500_000,
    "dots in a key": "a." * 400_000 + "a=1",
    "dots in braces": "x={" + "a." * 400_000 + "a=1}",
    "dots in a table": "[" + "a." * 400_000 + "a]",
    "many in braces": "x={" + ",".join(f"a{i}=1" for i in range(90_000)) + "}",
    "escapes that do not end": 'x = ["' + '\\"' * 400_000,
    "escapes in a table": '["' + '\\"' * 400_000,
    "long texts that do not end": 'a="""\n' * 150_001,
    "long literals that do not end": "a='''\n" * 150_001,
    "one long text": 'a="""\n' + '\\"""\n' * 200_000,
    "quotes": '"' * MAX_BYTES,
    "equals": "=" * MAX_BYTES,
    "quoted keys": '"a"' * 300_000,
    "digits": "[recipe]\nseed=" + "9" * 900_000,
    "hexadecimal digits": "[recipe]\nlr=0x" + "f" * 900_000,
    "a text of escapes": '[recipe]\ncorpus="' + "\\n" * 500_000 + '"',
    "tables": "[recipe]\n" * 110_000,
    "carriage returns": "a=1\r" * 200_000,
    "nothing but NUL": "\0" * MAX_BYTES,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_read_in_linear_time(write: Write, name: str) -> None:
    # Each would take minutes to hours, or end the process, if any part took the square of its length.
    config = write(HOSTILE[name][:MAX_BYTES])
    assert len(config.problems) <= MAX_PROBLEMS + 1
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
    assert set(config.lines) == set(config.keys)
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


@given(st.lists(PIECES, max_size=30).map("\n".join))
def test_what_tomllib_reads_is_read_alike(text: str) -> None:
    """A text that is TOML is never broken, and says the same."""
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found: dict[tuple[str, ...], object] = {}
    table: tuple[str, ...] = ()
    for statement in toml.statements(text):
        assert not isinstance(statement, toml.Broken)
        if isinstance(statement, toml.Header):
            table = statement.path
        else:
            found[*table, *statement.path] = statement.value
    assert found == dict(flat(whole))


def flat(table: dict[str, object], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], object]]:
    """The values of tables in tables; an empty table that a header began is none."""
    found: list[tuple[tuple[str, ...], object]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += flat(value, (*path, name))
        else:
            found.append(((*path, name), value))
    return found


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
    # Damage in one place leaves the others as they are.
    assert untouched > count / 2


def test_the_check_is_the_recipes_own() -> None:
    with pytest.raises(RecipeError):
        check("hidden", 0)
