"""Whole training runs against a loop of torch's own parts; what a run promises while it goes."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from lyricterm.core.errors import CorpusError, DeviceError, RecipeError
from lyricterm.core.settings import SETTINGS, Applies, Recipe
from lyricterm.engine.sampling import SAMPLINGS, epoch_seed
from lyricterm.engine.trainer import Trainer
from lyricterm.engine.trainer_state import Step
from lyricterm.engine.validation import Validation
from tests.other_values import other_value

from .runs import TEXT, epochs, figures, losses, small, start, train

HOT: dict[str, Any] = {
    "activation": "relu",
    "clipping": False,
    "theta": 0.5,
    "detach": False,
    "lr": 0.02,
    "clip_by": "value",
    "optimizer": "momentum",
    "weight_decay": 0.5,
    "dropout": 0.5,
}
AT_NEXT_EPOCH: dict[str, Any] = {"sampling": "random", "steps": 5, "batch": 3, "schedule": "warm-up"}


def torch_losses(recipe: Recipe, trainer: Trainer, count: int) -> list[list[float]]:
    """The chapter's loop with torch.nn.RNN, torch.optim.SGD and clip_grad_norm_; losses by epoch."""
    vocabulary = sorted(set(TEXT))
    text = torch.tensor([vocabulary.index(character) for character in TEXT])
    layer = nn.RNN(len(vocabulary), recipe.hidden, nonlinearity=recipe.activation, batch_first=True).double()
    output = nn.Linear(recipe.hidden, len(vocabulary)).double()
    nn.init.zeros_(layer.get_parameter("bias_hh_l0")).requires_grad_(False)
    named = dict(layer.named_parameters())
    ours = (named["weight_ih_l0"], named["weight_hh_l0"], named["bias_ih_l0"], output.weight, output.bias)
    for parameter, initial in zip(ours, trainer.model.weights, strict=True):
        parameter.data.copy_(initial.t() if initial.dim() == 2 else initial)
    optimizer = torch.optim.SGD(ours, recipe.lr)
    by_epoch: list[list[float]] = []
    for epoch in range(count):
        state = torch.zeros(1, recipe.batch, recipe.hidden, dtype=torch.float64)
        plan = SAMPLINGS[recipe.sampling](text, recipe.batch, recipe.steps, epoch_seed(recipe.seed, epoch))
        by_epoch.append([])
        for i in range(len(plan)):
            X, Y = plan[i]
            if recipe.sampling == "random":
                state = torch.zeros_like(state)
            hidden, after = layer(one_hot(X, len(vocabulary)).double(), state.detach())
            state = after
            loss = cross_entropy(output(hidden).flatten(0, 1), Y.flatten(), reduction="sum")
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            if recipe.clipping:
                nn.utils.clip_grad_norm_(ours, recipe.theta)
            optimizer.step()  # type: ignore[no-untyped-call, unused-ignore]
            by_epoch[-1].append(loss.item())
    return by_epoch


@pytest.mark.parametrize("clipping", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("sampling", ["random", "consecutive"])
def test_a_run_is_that_of_torchs_own_parts(sampling: str, activation: str, clipping: bool) -> None:
    recipe = small(sampling=sampling, activation=activation, clipping=clipping, theta=2.0, lr=0.2 if clipping else 0.01)
    trainer = start(recipe, dtype=torch.float64)
    wanted = torch_losses(recipe, trainer, 4)
    steps = epochs(trainer, 4)
    characters = recipe.batch * recipe.steps
    # clip_grad_norm_ adds 1e-6 to the norm, the chapter does not.
    assert [loss * characters for loss in losses(steps)] == pytest.approx(
        [loss for epoch in wanted for loss in epoch], rel=1e-5
    )
    assert [figure.perplexity for figure in figures(steps)] == pytest.approx(
        [math.exp(sum(epoch) / len(epoch) / characters) for epoch in wanted], rel=1e-5
    )
    assert any(step.clipped for step in steps) is clipping


def test_figures_of_an_epoch_are_those_of_its_minibatches() -> None:
    trainer = start(small(theta=20.0))
    steps = epochs(trainer, 3)
    count = trainer.minibatches
    for number, figure in enumerate(figures(steps)):
        mine = steps[number * count : (number + 1) * count]
        assert [(step.epoch, step.minibatch) for step in mine] == [(number + 1, i + 1) for i in range(count)]
        assert figure.epoch == number + 1
        assert figure.loss == pytest.approx(sum(losses(mine)) / count)
        assert figure.perplexity == pytest.approx(math.exp(figure.loss))
        assert figure.grad_norm == pytest.approx(sum(step.grad_norm for step in mine) / count)
        assert figure.clipped == sum(step.clipped for step in mine) / count
        assert figure.chars_per_second * figure.seconds == pytest.approx(count * 4 * 7)
    assert all(step.clipped is (step.grad_norm > 20.0) for step in steps)
    assert 0 < sum(step.clipped for step in steps) < len(steps)
    assert (trainer.epoch, trainer.minibatch) == (3, 0)


@pytest.mark.parametrize("engine", ["bptt", "reference"])
@pytest.mark.parametrize("sampling", ["random", "consecutive"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_same_seed_same_run_bit_for_bit(cell: str, sampling: str, engine: str) -> None:
    recipe = small(cell=cell, sampling=sampling, engine=engine, seed=5)
    first, second = start(recipe), start(recipe)
    assert losses(epochs(first, 2)) == losses(epochs(second, 2))
    assert torch.equal(first.model.parameters.flat, second.model.parameters.flat)


def test_a_minibatch_takes_as_long_as_its_training_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = start(small(valid="0.3"))
    now, scored = [0.0], Validation.end_epoch

    def tick() -> float:
        now[0] += 1.0
        return now[0]

    def slow(*given: Any) -> float:
        now[0] += 1_000.0
        return scored(*given)

    monkeypatch.setattr("lyricterm.engine.trainer.time", SimpleNamespace(perf_counter=tick))
    monkeypatch.setattr(Validation, "end_epoch", slow)
    steps = train(trainer, trainer.minibatches)
    assert steps[-1].finished is not None
    assert now[0] > 1_000
    # One tick of the clock each, though the last one ends with the scoring of held-out text.
    assert [step.seconds for step in steps] == [1.0] * len(steps)


def test_another_seed_is_another_run() -> None:
    first, second = start(small(seed=1)), start(small(seed=2))
    assert not torch.equal(first.model.parameters.flat, second.model.parameters.flat)
    assert losses(epochs(first, 1)) != losses(epochs(second, 1))


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("sampling", ["random", "consecutive"])
def test_learns_a_text_that_repeats_itself(sampling: str, cell: str) -> None:
    recipe = small(sampling=sampling, cell=cell, hidden=32, lr=0.2)
    trainer = start(recipe, "一二三四五六七八" * 75)
    best = min(figure.perplexity for figure in figures(epochs(trainer, 30)))
    assert 1 <= best < 1.5
    assert trainer.complete("一二三", 8).text == "四五六七八一二三"


def train_to_overflow(trainer: Trainer) -> tuple[Step, Tensor]:
    """The step that overflows, and the last weights whose loss was finite."""
    good = trainer.model.parameters.flat.clone()
    for _ in range(200):
        tried = trainer.model.parameters.flat.clone()
        step = trainer.step()
        if step.overflow:
            return step, good if step.overflow == "loss" else tried
        good = tried
    pytest.fail("this run should overflow")


def explosive(**values: Any) -> Trainer:
    axes = {"clipping": False, "activation": "relu", "lr": 5.0, "sampling": "consecutive"}
    return start(small(**(axes | values)))


@pytest.mark.parametrize("engine", ["bptt", "reference"])
@pytest.mark.parametrize(("cell", "lr"), [("rnn", 5.0), ("gru", 1e6), ("lstm", 1e6)])
def test_overflow_is_told_and_the_last_finite_weights_stay(cell: str, lr: float, engine: str) -> None:
    trainer = explosive(cell=cell, lr=lr, engine=engine)
    step, good = train_to_overflow(trainer)
    assert (step.epoch, step.minibatch) == (trainer.epoch + 1, trainer.minibatch + 1)
    assert not math.isfinite(step.loss if step.overflow == "loss" else step.grad_norm)
    assert step.finished is None
    assert bool(good.isfinite().all())
    assert torch.equal(trainer.model.parameters.flat, good)
    assert not any(bool(part.any()) for part in trainer.engine.state)
    written = trainer.complete("风吹", 20)
    assert len(written.text) == len(written.probabilities) == 20
    assert all(0 <= probability <= 1 for probability in written.probabilities)


def test_a_run_goes_on_after_an_overflow_with_the_same_minibatch() -> None:
    trainer = explosive()
    overflow, _ = train_to_overflow(trainer)
    trainer.change({"clipping": True, "lr": 0.001})
    step = trainer.step()
    assert (step.epoch, step.minibatch) == (overflow.epoch, overflow.minibatch)
    assert {change.setting for change in step.applied} == {"clipping", "lr"}
    train(trainer, 30)


def with_steep_output(recurrent: float, **values: Any) -> Trainer:
    """All hidden states are zero, so the loss is finite; the gradient leaves the output layer at 1e33."""
    trainer = start(small(activation="tanh", **values))
    weights = trainer.model.weights
    weights.W_xh.zero_()
    weights.W_hy.mul_(1e35)
    weights.W_hh.mul_(recurrent)
    return trainer


def test_overflow_of_the_gradient_alone() -> None:
    trainer = with_steep_output(recurrent=1e20)
    before = trainer.model.parameters.flat.clone()
    step = trainer.step()
    assert step.overflow == "gradient"
    assert step.loss == pytest.approx(math.log(len(trainer.vocabulary)))
    assert torch.equal(trainer.model.parameters.flat, before)


def test_a_step_beyond_what_float32_holds_is_an_overflow() -> None:
    trainer = with_steep_output(recurrent=0.0, clipping=False, lr=1e6)
    before = trainer.model.parameters.flat.clone()
    assert trainer.step().overflow == "gradient"
    assert torch.equal(trainer.model.parameters.flat, before)
    trainer.change({"clipping": True})
    step = trainer.step()
    assert step.overflow is None
    assert step.clipped
    assert 1e33 < step.grad_norm < math.inf


@pytest.mark.parametrize("setting", sorted(HOT))
def test_change_takes_effect_at_the_next_minibatch(setting: str) -> None:
    recipe = small(sampling="consecutive", theta=3.0, layers=2 if setting == "dropout" else 1)
    changed, as_before = start(recipe), start(recipe)
    assert losses(train(changed, 4)) == losses(train(as_before, 4))
    changed.change({setting: HOT[setting]})
    assert changed.pending == {}
    step = changed.step()
    assert [(change.setting, change.old, change.new) for change in step.applied] == [
        (setting, getattr(recipe, setting), HOT[setting])
    ]
    later = [step, *train(changed, 4)]
    assert losses(later) != losses(train(as_before, 5))
    assert all(step.applied == () for step in later[1:])


def test_change_leads_where_starting_with_it_leads() -> None:
    changed = start(small(lr=0.5, theta=1.0, activation="relu"))
    changed.change({"lr": 0.05, "theta": 3.0, "activation": "tanh"})
    assert losses(epochs(changed, 1)) == losses(epochs(start(small(theta=3.0)), 1))


@pytest.mark.parametrize("setting", sorted(AT_NEXT_EPOCH))
def test_change_waits_for_the_next_epoch_and_says_so(setting: str) -> None:
    recipe = small(sampling="consecutive")
    changed, as_before = start(recipe), start(recipe)
    train(changed, 4)
    changed.change({setting: AT_NEXT_EPOCH[setting]})
    assert changed.pending == {setting: AT_NEXT_EPOCH[setting]}
    assert changed.recipe == recipe
    rest = epochs(changed, 1)
    assert losses(rest) == losses(epochs(as_before, 1))[4:]
    assert all(step.applied == () for step in rest)
    assert changed.pending == {}
    step = changed.step()
    assert [(change.setting, change.new) for change in step.applied] == [(setting, AT_NEXT_EPOCH[setting])]
    # The schedule's first effect is on the second minibatch.
    assert losses([step, changed.step()]) != losses(train(as_before, 2))
    assert changed.minibatches == len(
        SAMPLINGS[changed.recipe.sampling](torch.zeros(len(TEXT)), changed.recipe.batch, changed.recipe.steps, 0)
    )


@pytest.mark.parametrize("setting", sorted(AT_NEXT_EPOCH))
def test_change_between_epochs_takes_effect_at_once(setting: str) -> None:
    recipe = small(sampling="consecutive")
    trainer = start(recipe)
    epochs(trainer, 1)
    trainer.change({setting: AT_NEXT_EPOCH[setting]})
    assert trainer.pending == {}
    assert [change.setting for change in trainer.step().applied] == [setting]


def test_change_taken_back_before_the_epoch_ends_leaves_nothing() -> None:
    trainer = start(small())
    train(trainer, 2)
    trainer.change({"batch": 3})
    trainer.change({"batch": 4})
    assert trainer.pending == {}
    assert all(step.applied == () for step in epochs(trainer, 2))


def test_wishes_of_the_watcher_leave_no_mark() -> None:
    trainer = start(small())
    trainer.change({"epochs": 3, "pred_period": 1, "pred_len": 9, "prefixes": ("风",)})
    assert (trainer.recipe.epochs, trainer.recipe.prefixes) == (3, ("风",))
    assert trainer.step().applied == ()


COLD = {
    name: other_value(name, getattr(small(), name))
    for name, setting in SETTINGS.items()
    if setting.applies is Applies.NEW_RUN
}


def test_every_axis_is_tested() -> None:
    for heat, values in ((Applies.NEW_RUN, COLD), (Applies.NEXT_MINIBATCH, HOT), (Applies.NEXT_EPOCH, AT_NEXT_EPOCH)):
        assert set(values) == {name for name, setting in SETTINGS.items() if setting.applies is heat}


@pytest.mark.parametrize("setting", sorted(COLD))
def test_change_that_needs_a_new_run_is_refused(setting: str) -> None:
    trainer = start(small())
    with pytest.raises(RecipeError, match=rf"Changing {SETTINGS[setting].label} needs a new run") as caught:
        trainer.change({"lr": 0.5, setting: COLD[setting]})
    assert caught.value.setting == setting
    assert trainer.recipe == small()
    assert trainer.step().applied == ()


@pytest.mark.parametrize(
    "values", [{"lr": -1.0}, {"theta": math.nan}, {"steps": 0}, {"sampling": "other"}, {"speed": 1}]
)
def test_change_to_a_wrong_value_is_refused(values: dict[str, Any]) -> None:
    trainer = start(small())
    with pytest.raises(RecipeError) as caught:
        trainer.change(values)
    assert caught.value.setting == next(iter(values))
    assert trainer.recipe == small()


def test_change_for_which_the_text_is_too_short_is_refused() -> None:
    trainer = start(small())
    with pytest.raises(CorpusError, match="needs 14,001;"):
        trainer.change({"batch": 2000})
    assert trainer.recipe == small()
    assert trainer.pending == {}


def test_run_on_a_text_that_is_too_short_is_refused() -> None:
    with pytest.raises(CorpusError, match=r"has 28 characters, .* needs 29;"):
        start(small(), TEXT[:28])
    assert start(small(), TEXT[:29]).minibatches == 1


def test_run_that_does_not_fit_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lyricterm.engine.device.free_bytes", lambda device: 10_000_000)
    assert start(small()).minibatches > 0
    with pytest.raises(DeviceError, match="make --hidden, --steps or --batch smaller"):
        start(small(hidden=4096))


def test_change_that_does_not_fit_in_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = start(small(hidden=1000, sampling="random"))
    monkeypatch.setattr("lyricterm.engine.device.free_bytes", lambda device: 10_000_000)
    with pytest.raises(DeviceError, match="Out of memory"):
        trainer.change({"batch": 85})
    assert trainer.pending == {}


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_memory_that_runs_out_is_one_sentence(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = start(small())
    before = trainer.model.parameters.flat.clone()

    def fail(*arguments: Any) -> Tensor:
        raise error

    monkeypatch.setattr(trainer.engine, "forward", fail)
    with pytest.raises(DeviceError, match="Out of memory"):
        trainer.step()
    assert torch.equal(trainer.model.parameters.flat, before)


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is there")
def test_cuda_asked_for_and_absent() -> None:
    with pytest.raises(DeviceError, match="--device cpu or auto"):
        start(small(device="cuda"))
    assert start(small(device="auto")).device.type == "cpu"


@pytest.mark.parametrize("sampling", ["random", "consecutive"])
@pytest.mark.parametrize("engine", ["bptt", "reference"])
@pytest.mark.parametrize("detach", [True, False])
def test_a_warm_up_changes_nothing(sampling: str, engine: str, detach: bool) -> None:
    recipe = small(sampling=sampling, engine=engine, detach=detach, threads="1")
    cold, warm = start(recipe), start(recipe)
    warm.warm_up()
    assert torch.equal(warm.model.parameters.flat, cold.model.parameters.flat)
    straight = losses(epochs(cold, 2))
    first = losses(train(warm, 3))
    # Also in the middle of an epoch, where the state is carried and the gradient may reach back.
    warm.warm_up()
    assert first + losses(train(warm, len(straight) - 3)) == straight
    assert torch.equal(warm.model.parameters.flat, cold.model.parameters.flat)
