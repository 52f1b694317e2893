"""Writing after a prefix, against the chapter's predict_rnn written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from lyricterm.core.decoding import GREEDY, Decoding
from lyricterm.core.run_data import Candidate
from lyricterm.engine.decoding import Decoder, History, decoder, greedy

from .runs import TEXT, epochs, small, start

if TYPE_CHECKING:
    from lyricterm.engine.generation import Completion
    from lyricterm.engine.trainer import Trainer

CELLS = ["rnn", "gru", "lstm"]


def taught(cell: str = "rnn", activation: str = "tanh") -> Trainer:
    trainer = start(small(cell=cell, activation=activation, lr=0.2), TEXT + "abc" * 9, torch.float64)
    epochs(trainer, 6)
    return trainer


def predict(trainer: Trainer, prefix: str, count: int) -> tuple[str, list[float]]:
    """predict_rnn: the output's last character is the next input, of the prefix first, then the likeliest."""
    w, characters = trainer.model.weights, trainer.vocabulary.characters
    cell = nn.RNNCell(len(characters), len(w.W_hh), nonlinearity=trainer.recipe.activation).double()
    for parameter, value in zip(cell.parameters(), (w.W_xh.t(), w.W_hh.t(), w.b_h), strict=False):
        parameter.data.copy_(value)
    nn.init.zeros_(cell.bias_hh)
    state = torch.zeros(1, len(w.W_hh), dtype=torch.float64)
    output, probabilities = [characters.index(prefix[0])], []
    for t in range(count + len(prefix) - 1):
        x = torch.zeros(1, len(characters), dtype=torch.float64)
        x[0, output[-1]] = 1
        state = cell(x, state).detach()
        scores = state @ w.W_hy + w.b_y
        if t < len(prefix) - 1:
            output.append(characters.index(prefix[t + 1]))
        else:
            output.append(int(scores.argmax(1)))
            probabilities.append(float(torch.softmax(scores, 1)[0, output[-1]]))
    return "".join(characters[i] for i in output), probabilities


@pytest.mark.parametrize("prefix", ["风", "你说别走", " ", "abcab"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_writes_what_the_chapters_function_writes(prefix: str, activation: str) -> None:
    trainer = taught(activation=activation)
    written = trainer.complete(prefix, 30)
    text, probabilities = predict(trainer, prefix, 30)
    assert prefix + written.text == text
    assert written.probabilities == pytest.approx(probabilities)
    assert (written.prefix, written.unknown) == (prefix, ())


@pytest.mark.parametrize("cell", CELLS)
def test_going_on_is_the_same_as_having_typed_it(cell: str) -> None:
    trainer = taught(cell)
    at_once = trainer.complete("你说", 20)
    first = trainer.complete("你说", 8)
    rest = trainer.complete("你说" + first.text, 12)
    assert first.text + rest.text == at_once.text
    assert first.probabilities + rest.probabilities == pytest.approx(at_once.probabilities)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("length", [0, 1, 17])
@pytest.mark.parametrize("prefix", ["", "风吹", "???", "风" * 300])
def test_writes_exactly_as_many_characters_as_asked_for(cell: str, length: int, prefix: str) -> None:
    written = start(small(cell=cell)).complete(prefix, length)
    assert len(written.text) == len(written.probabilities) == length
    assert set(written.text) <= set(TEXT)


def test_unknown_characters_are_named_once_and_skipped() -> None:
    trainer = taught()
    written = trainer.complete("你Z说猫Z😀猫别", 20)
    assert written.unknown == ("Z", "猫", "😀")
    known = trainer.complete("你说别", 20)
    assert (written.text, written.probabilities) == (known.text, known.probabilities)
    assert written.prefix == "你Z说猫Z😀猫别"


def test_prefix_is_looked_up_in_lower_case_where_it_is_not_known_as_typed() -> None:
    trainer = taught()
    assert trainer.complete("ABcA", 20).text == trainer.complete("abca", 20).text
    assert trainer.complete("ABcA", 20).unknown == ()


@pytest.mark.parametrize("prefix", ["", "猫狗"])
def test_with_nothing_to_go_on_the_zero_state_decides(prefix: str) -> None:
    trainer = taught()
    written = trainer.complete(prefix, 15)
    # From a zero state the scores are the biases.
    first = int(trainer.model.weights.b_y.argmax())
    assert written.text[0] == trainer.vocabulary.characters[first]
    assert written.probabilities[0] == pytest.approx(float(trainer.model.weights.b_y.softmax(0)[first]))
    assert written.text[1:] == trainer.complete(written.text[0], 14).text


def test_probabilities_are_the_models_however_the_character_was_chosen() -> None:
    trainer = taught()
    written = trainer.complete("风", 25, decoder(Decoding(temperature=2.0, top_k=5), 1))
    for i, character in enumerate(written.text):
        scores = seen_scores(trainer, "风" + written.text[:i])
        index = trainer.vocabulary.index[character]
        assert written.probabilities[i] == pytest.approx(float(torch.softmax(scores, 0)[index]))


def seen_scores(trainer: Trainer, prefix: str) -> Tensor:
    """The scores after a prefix, as the way of choosing sees them."""
    seen: list[Tensor] = []

    def choose(scores: Tensor, history: History) -> Tensor:
        seen.append(scores[0].clone())
        return scores.argmax(1)

    trainer.complete(prefix, 1, choose)
    return seen[0]


def test_completing_leaves_the_training_alone() -> None:
    def run(ask: bool) -> tuple[list[float], list[Completion]]:
        trainer = start(small(sampling="consecutive", detach=False))
        losses, written = [], []
        for _ in range(10):
            losses.append(trainer.step().loss)
            if ask:
                written.append(trainer.complete("风吹", 5, decoder(Decoding(temperature=1.0), 1)))
        return losses, written

    (with_asking, written), (without, _) = run(True), run(False)
    assert with_asking == without
    assert len({completion.probabilities for completion in written}) == len(written)


@pytest.mark.parametrize("choose", [greedy, decoder(Decoding(top_k=3, top_p=0.9))])
def test_weights_that_are_not_finite_write_without_an_exception(choose: Decoder) -> None:
    trainer = start(small())
    trainer.model.parameters.flat.fill_(float("nan"))
    written = trainer.complete("风", 10, choose)
    assert len(written.text) == 10
    assert written.probabilities == (0.0,) * 10


def test_no_n_gram_stands_twice_where_that_is_asked_for() -> None:
    trainer = taught()
    written = trainer.writer.generate("风", 40, "tanh", Decoding(no_repeat=3))[0]
    text = "风" + written.text
    grams = [text[i : i + 3] for i in range(len(text) - 2)]
    assert len(set(grams)) == len(grams)


def every_way(trainer: Trainer, prefix: str, length: int) -> list[tuple[float, str]]:
    """All ways to go on with their log probabilities, the most probable first (brute force, autograd-free torch)."""
    ways = [(0.0, "")]
    for _ in range(length):
        longer = []
        for log, text in ways:
            logs = torch.log_softmax(seen_scores(trainer, prefix + text), 0).tolist()
            longer += [(log + logs[i], text + c) for i, c in enumerate(trainer.vocabulary.characters)]
        ways = longer
    return sorted(ways, reverse=True)


def mean_log(completion: Completion) -> float:
    return Candidate(completion.text, completion.probabilities).mean_log_probability


@pytest.mark.parametrize("cell", CELLS)
def test_a_wide_beam_finds_the_most_probable_ways(cell: str) -> None:
    trainer = start(small(cell=cell, hidden=6), "风花雪" * 60, torch.float64)
    epochs(trainer, 1)
    expected = every_way(trainer, "风", 4)
    found = trainer.writer.search("风", 4, "tanh", Decoding(beam=27))
    assert len(found) == 27
    assert [completion.text for completion in found[:9]] == [text for _, text in expected[:9]]
    for completion, (log, _) in zip(found[:9], expected, strict=False):
        assert mean_log(completion) * 4 == pytest.approx(log)


def test_a_beam_of_one_is_greedy() -> None:
    trainer = taught()
    assert trainer.writer.search("你说", 25, "tanh", Decoding(beam=1))[0].text == trainer.complete("你说", 25).text


def test_a_beam_is_at_least_as_probable_as_greedy() -> None:
    trainer = taught()
    greedy_way = trainer.complete("风吹", 12)
    best = trainer.writer.search("风吹", 12, "tanh", Decoding(beam=8))[0]
    assert mean_log(best) >= mean_log(greedy_way) - 1e-9


def test_several_completions() -> None:
    trainer = taught()
    drawn = trainer.writer.generate("风", 30, "tanh", Decoding(temperature=1.5), seed=3, count=4)
    again = trainer.writer.generate("风", 30, "tanh", Decoding(temperature=1.5), seed=4)
    assert len({completion.text for completion in drawn}) == 4
    assert drawn[1] == again[0]
    assert len(trainer.writer.generate("风", 30, "tanh", GREEDY, count=4)) == 1
    assert len(trainer.writer.generate("风", 30, "tanh", Decoding(beam=5), count=3)) == 3


@pytest.mark.parametrize("cell", CELLS)
def test_log_probabilities_are_those_of_one_character_after_the_other(cell: str) -> None:
    trainer = taught(cell)
    text = "说别走风"
    indices = [trainer.vocabulary.index[c] for c in text]
    logs = trainer.writer.log_probabilities(trainer.writer.start("你", "tanh"), indices, "tanh").tolist()
    for i, character in enumerate(text):
        scores = seen_scores(trainer, "你" + text[:i])
        expected = torch.log_softmax(scores, 0)[trainer.vocabulary.index[character]]
        assert logs[i] == pytest.approx(float(expected))
