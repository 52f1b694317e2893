"""Bad input: one sentence on stderr, exit code 1, nothing on stdout, and found before anything is trained."""

from __future__ import annotations

import errno
import gzip
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lyricterm.core.settings import DEFAULTS, SETTINGS
from lyricterm.engine.products.routes import ONEDNN, ROUTES
from lyricterm.storage.run_store import Store
from tests.cli.calls import LINE, Call

Caller = Callable[..., Call]


def _refused(done: Call, *words: str, code: int = 1) -> None:
    assert (done.code, done.out) == (code, "")
    sentence = done.sentence()
    assert [word for word in words if word not in sentence] == []


def _zip(path: Path, **texts: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name.replace("_", "."), text)
    return path


CORPORA: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda folder: folder / "nothing.txt", "nothing.txt"),
    "empty folder": (lambda folder: folder, "holds no lyrics"),
    "empty": (lambda folder: _write(folder / "a.txt", b""), "a.txt"),
    "spaces": (lambda folder: _write(folder / "a.txt", b" \n\t\r\n"), "a.txt"),
    "binary": (lambda folder: _write(folder / "a.txt", b"\x7fELF\0\1\2\3" * 99), "is not a text"),
    "table without lyrics": (lambda folder: _write(folder / "a.csv", b"a,b\n1,2\n"), "--column"),
    "cut": (lambda folder: _write(folder / "a.txt.gz", gzip.compress(LINE.encode())[:-9]), "cut off"),
    "zip of nothing": (lambda folder: _zip(folder / "a.zip"), "holds no lyrics"),
    "zip of another": (lambda folder: _zip(folder / "a.zip", a_jpg="#"), "holds no lyrics"),
    "broken zip": (lambda folder: _write(folder / "a.zip", b"PK\x03\x04 and no more"), "zip"),
    "encrypted zip": (lambda folder: _encrypted(folder / "a.zip"), "password"),
    "device": (lambda folder: Path("/dev/null"), "regular"),
    "nobody's home": (lambda folder: Path("~nobody-of-that-name/a.txt"), "nobody"),
    "long name": (lambda folder: folder / ("a" * 300), "name too long"),
    "name with an escape": (lambda folder: folder / "\x1b[31m.txt", "[31m.txt"),
}


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _encrypted(path: Path) -> Path:
    """Marked as encrypted, in the local header and in the directory."""
    raw = bytearray(_zip(path, a_txt="text").read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = raw.index(signature) + offset
        raw[place] |= 1
    return _write(path, bytes(raw))


@pytest.mark.parametrize("kind", CORPORA)
@pytest.mark.parametrize("command", ["train", "corpus"])
def test_corpora(call: Caller, tmp_path: Path, kind: str, command: str) -> None:
    make, word = CORPORA[kind]
    arguments = ["--corpus", make(tmp_path)] if command == "train" else [make(tmp_path)]
    done = call(command, *arguments)
    _refused(done, word)
    assert done.sentence().isprintable()


NUMBERS = [name for name, value in DEFAULTS.items() if type(value) in (int, float)]
ABSURD = ["-1", "nan", "inf", "-inf", "1e400", "9" * 400, "9" * 5000, "", "many", "0x10", "１ｅ９９"]


@pytest.mark.parametrize("name", NUMBERS)
def test_absurd_numbers(call: Caller, text: Path, name: str) -> None:
    setting = SETTINGS[name]
    zero = [] if setting.low == 0 else ["0"]
    for value in (*zero, *ABSURD, str(int(setting.high) + 1)):
        _refused(call("train", "--corpus", text, f"{setting.flag}={value}"), setting.label, setting.flag, code=2)


@pytest.mark.parametrize("count", ["0", "-1", "257", "1.5", "nan", "many", "Auto", "", "9" * 400], ids=lambda n: n[:12])
def test_absurd_threads(call: Caller, text: Path, count: str) -> None:
    _refused(call("train", "--corpus", text, f"--threads={count}"), "threads", "--threads", code=2)


@pytest.mark.parametrize("name", [name for name in NUMBERS if isinstance(DEFAULTS[name], int)])
def test_fractions_of_whole_numbers(call: Caller, text: Path, name: str) -> None:
    _refused(call("train", "--corpus", text, SETTINGS[name].flag, "7.5"), "whole number", code=2)


def test_a_text_of_no_minibatch_says_what_is_needed(call: Caller, text: Path) -> None:
    # By the chapter's definitions: (length - 1) // steps examples at random, strips of length // batch side by side.
    needed = {"random": 32 * 35 + 1, "consecutive": 32 * (35 + 1)}
    for sampling, count in needed.items():
        _refused(call("train", "--corpus", text, "--sampling", sampling), "120", f"{count:,}", "--batch", "--steps")
        text.write_text("我" * (count - 1), encoding="utf-8")
        _refused(call("train", "--corpus", text, "--sampling", sampling), f"{count:,}")
        text.write_text("我" * count, encoding="utf-8")
        enough = call("train", "--corpus", text, "--sampling", sampling, "--epochs", 1, "--hidden", 2)
        assert enough.code == 0
        text.write_text(LINE * 8, encoding="utf-8")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_that_is_not_there(call: Caller, tiny: list[str]) -> None:
    _refused(call("train", *tiny, "--device", "cuda"), "CUDA", "--device")


def test_the_largest_settings_of_all(call: Caller) -> None:
    _refused(call("train", "--hidden", 16384, "--batch", 65536, "--steps", 10000), "--batch")


def test_out_of_memory(call: Caller, tiny: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyricterm.engine.device.free_bytes", lambda device: 2_000_000_000)
    done = call("train", *tiny, "--hidden", 16384, "--cell", "lstm")
    # Parameters, gradient and kept parameters alone: 3 × 4 bytes × 4 gates × 16,384².
    _refused(done, "memory", "2.0 GB", "--hidden")
    assert float(done.sentence().split("about ")[1].split()[0]) >= 3 * 4 * 4 * 16384**2 / 1e9


CHECKPOINTS: dict[str, tuple[Callable[[Path, bytes], Path], str]] = {
    "missing": (lambda folder, whole: folder / "nothing.safetensors", "nothing.safetensors"),
    "directory": (lambda folder, whole: folder, "folder"),
    "empty": (lambda folder, whole: _write(folder / "c", b""), "safetensors"),
    "text": (lambda folder, whole: _write(folder / "c", b"some text"), "safetensors"),
    "cut in the header": (lambda folder, whole: _write(folder / "c", whole[:100]), "safetensors"),
    "cut in the tensors": (lambda folder, whole: _write(folder / "c", whole[:-1]), "safetensors"),
    "foreign": (lambda folder, whole: _foreign(folder / "c"), "lyricterm"),
    "another shape": (lambda folder, whole: _with_hidden(folder / "c", whole, 9), "W_xh"),
    "absurd shape": (lambda folder, whole: _with_hidden(folder / "c", whole, 16_385), "damaged"),
    "huge number": (lambda folder, whole: _with_hidden(folder / "c", whole, 10**400), "damaged"),
    "no number": (lambda folder, whole: _with_hidden(folder / "c", whole, None), "damaged"),
    "long name": (lambda folder, whole: folder / ("a" * 300), "name too long"),
}


def _foreign(path: Path) -> Path:
    save_file({"weight": torch.zeros(2)}, path)
    return path


def _with_hidden(path: Path, whole: bytes, hidden: object) -> Path:
    """The checkpoint with another number of hidden units in its recipe."""
    (size,) = struct.unpack("<Q", whole[:8])
    header = json.loads(whole[8 : 8 + size])
    own = json.loads(header["__metadata__"]["lyricterm"])
    own["recipe"]["hidden"] = hidden
    header["__metadata__"]["lyricterm"] = json.dumps(own)
    changed = json.dumps(header).encode()
    return _write(path, struct.pack("<Q", len(changed)) + changed + whole[8 + size :])


@pytest.mark.parametrize("kind", CHECKPOINTS)
def test_checkpoints(call: Caller, saved: Path, tmp_path: Path, kind: str) -> None:
    make, word = CHECKPOINTS[kind]
    path = make(tmp_path, saved.read_bytes())
    _refused(call("complete", "我", "--checkpoint", path), word)
    _refused(call("train", "--resume", path), word)


@pytest.mark.parametrize(
    ("path", "word"), [("no/folder/model", "No such file"), (".", "folder"), ("tiny.txt/model", "Not a directory")]
)
def test_an_unwritable_save_path_is_found_before_training(
    call: Caller, tiny: list[str], tmp_path: Path, path: str, word: str
) -> None:
    _refused(call("train", *tiny, "--json", "--save", tmp_path / path), word)


def test_a_save_path_does_not_destroy_what_is_there(call: Caller, saved: Path, tmp_path: Path) -> None:
    before = saved.read_bytes()
    _refused(call("train", "--corpus", tmp_path / "nothing.txt", "--save", saved), "nothing.txt")
    assert saved.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["home", "saved.safetensors", "tiny.txt"]


@pytest.mark.parametrize("prefix", ["", "我" * 1_001])
def test_prefixes(call: Caller, tiny: list[str], prefix: str) -> None:
    _refused(call("train", *tiny, "--prefix", prefix), "--prefix", code=2)


def test_too_many_prefixes(call: Caller, tiny: list[str]) -> None:
    _refused(call("train", *tiny, *["--prefix", "我"] * 20), "16", code=2)


def test_rounds(call: Caller) -> None:
    done = call("bench", "--rounds", 0)
    assert (done.code, done.out) == (2, "")
    assert "--rounds" in done.sentence()


@pytest.mark.parametrize(("typed", "meant"), [("trian", "train"), ("run", "runs"), ("complet", "complete")])
def test_a_mistyped_command_is_guessed(call: Caller, typed: str, meant: str) -> None:
    done = call(typed)
    assert done.code == 2
    assert f"there is no {typed}; did you mean {meant}?" in done.err
    wrong = call("train", "--cell", "gruu")
    assert (wrong.code, "did you mean gru?" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("--samplng random", "there is no --samplng; did you mean --sampling? (see lyricterm --help)"),
        ("train --smapling=random", "there is no --smapling; did you mean --sampling? (see lyricterm train --help)"),
        ("train --theta 3", "did you mean --clip?"),
        ("train --zzzz", "there is no --zzzz (see"),
        ("train --sampling randon", "argument --sampling: there is no randon; did you mean random?"),
        ("train song.txt", "unrecognized arguments: song.txt (see lyricterm train --help)"),
        ("runs nmae last x", "there is no nmae; did you mean name?"),
        ("runs show last --jsn", "did you mean --json? (see lyricterm runs show --help)"),
        ("runs name last --lang", "cannot begin with a hyphen"),
        ("train --best", "--resume RUN --best"),
    ],
)
def test_a_mistyped_flag_is_guessed_in_one_sentence(call: Caller, tiny: list[str], typed: str, told: str) -> None:
    if "last" in typed:
        assert call("train", *tiny).code == 0
    done = call(*typed.split())
    assert (done.code, done.out) == (2, "")
    assert told in done.sentence()


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--resume"),
        ("train", "--save"),
        ("train", "--corpus"),
        ("corpus",),
        ("complete", "a", "--checkpoint"),
        ("write", "--checkpoint"),
        ("exercise", "clipping", "--report"),
        ("runs", "export", "last", "--to"),
        ("runs", "show"),
        ("watch",),
        ("serve", "--offer"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("path", ["", "''", " ", "file://"])
def test_a_path_of_nothing_is_not_the_working_folder(call: Caller, arguments: tuple[str, ...], path: str) -> None:
    done = call(*arguments, path)
    assert done.code in (1, 2)
    assert done.out == ""
    assert " . " not in done.sentence()


@pytest.mark.parametrize("given", ["'{0}'", "file://{0}", "{0} "])
def test_paths_as_they_are_dropped(call: Caller, tiny: list[str], tmp_path: Path, given: str) -> None:
    path = tmp_path / "a song's model.safetensors"
    escaped = str(path).replace("'", r"'\''") if given[0] == "'" else path
    path.touch()
    typed = given.format(escaped)
    assert call("train", *tiny, "--save", typed).code == 0
    assert call("complete", "我", "--checkpoint", typed).code == 0
    assert call("train", "--resume", typed, "--epochs", 3).code == 0
    (tmp_path / "a song's table.csv").touch()
    assert call("runs", "export", "last", "--to", typed.replace("model.safetensors", "table.csv")).code == 0
    assert (tmp_path / "a song's table.csv").read_text().startswith("run,")


def test_a_command_that_is_like_none_is_told_what_there_is(call: Caller) -> None:
    done = call("zzzz")
    assert (done.code, "train" in done.err) == (2, True)


def test_in_chinese(call: Caller, tmp_path: Path) -> None:
    _refused(call("--lang", "zh", "train", "--corpus", tmp_path / "nothing.txt"), "没有文件", "nothing.txt")


def test_a_matrix_product_that_this_torch_lacks(call: Caller, tiny: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ROUTES, ONEDNN, raising=False)
    _refused(call("train", *tiny, "--matmul", "onednn"), "no onednn matrix products", "--matmul auto, mkl", code=2)


def test_where_only_the_file_of_save_fails_that_is_named(
    call: Caller, tiny: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, replaced = tmp_path / "full" / "m.safetensors", os.replace
    path.parent.mkdir()

    def full(source: Path, target: Path) -> None:
        if Path(target) == path:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replaced(source, target)

    monkeypatch.setattr(os, "replace", full)
    done = call("train", *tiny, "--save", path)
    assert done.code == 1
    assert f"The copy {path} (--save) cannot be written (No space left on device)" in done.err
    assert done.err.splitlines()[-1] == "lyricterm: the run itself is saved to its end; lyricterm runs lists it"
    assert "is not being saved" not in done.err
    (info,) = Store().runs()
    assert info.epoch == info.recipe.epochs
