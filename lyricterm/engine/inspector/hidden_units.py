"""What each hidden unit does over the characters of a completion."""

from __future__ import annotations

from lyricterm.core.inspection import AskHidden, HiddenShown
from lyricterm.engine.inspector.hidden_states import read
from lyricterm.engine.trainer import Trainer


def hidden(trainer: Trainer, question: AskHidden) -> HiddenShown:
    """The units around the one picked out, in the order of how much they vary."""
    reading = read(trainer, question.typed, question.length)
    part = question.part if question.part in reading.parts else next(iter(reading.parts))
    states = reading.parts[part].cpu().double().nan_to_num_()
    spread = states.std(0, correction=0) if len(states) else reading.hidden[0].cpu().double().zero_()
    spread, order = spread.sort(descending=True, stable=True)
    units: list[int] = order.tolist()
    unit = question.unit if question.unit is not None and question.unit < len(units) else units[0]
    rows = max(1, min(question.rows, len(units)))
    first = min(max(0, units.index(unit) - rows // 2), len(units) - rows)
    values = states[:, order[first : first + rows]].t()
    return HiddenShown(
        reading.text,
        reading.typed,
        tuple(units),
        tuple(spread.tolist()),
        first,
        tuple(tuple(row) for row in values.tolist()),
        unit,
        float(states.abs().max()) if len(states) else 0.0,
        part,
        tuple(reading.parts),
        trainer.recipe.layers if reading.text else 1,
    )
