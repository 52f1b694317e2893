"""Hand-derived backpropagation through time: the fast path, with no autograd and no one-hot vectors.

One minibatch, N = T·B rows (T time steps of B examples), follows the chapter's equations:

    A_t = X_t W_xh + H_{t-1} W_hh + b_h      X_t is one-hot, so X W_xh is a look-up of rows of W_xh
    H_t = act(A_t)
    Y   = H W_hy + b_y                       one product for all time steps
    L   = Σ -log softmax(Y)[label]

and back:

    dL/dY   = softmax(Y) - one-hot labels    dL/dW_hy = Hᵀ dL/dY, dL/db_y = Σ dL/dY (in ``output``)
    dL/dA_t = (dL/dY_t W_hyᵀ + dL/dA_{t+1} W_hhᵀ) ⊙ act'(A_t)          (in the cell)
    dL/dW_hh = Σ H_{t-1}ᵀ dL/dA_t, dL/db_h = Σ dL/dA_t, dL/dW_xh = Σ X_tᵀ dL/dA_t

What the first layer reads is in ``inputs``, several layers one above the other are in ``stack``.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lyricterm.engine.activations import ACTIVATIONS, Activation
from lyricterm.engine.cells.base import State, TimeMajor
from lyricterm.engine.dropout import NO_DROPOUT, Dropout
from lyricterm.engine.model import Model
from lyricterm.engine.output import OutputLayer
from lyricterm.engine.products.choices import PLAIN, Routes
from lyricterm.engine.stack import Stack, StackTape


@dataclass(frozen=True)
class Segment:
    """One minibatch as the gradient must see it again when the state is not detached."""

    tape: StackTape
    rows: Tensor
    """The inputs' indices, time-major, (T·B,)."""
    activation: Activation


class Workspace:
    """Everything one minibatch of a given shape writes to, allocated once."""

    def __init__(self, model: Model, stack: Stack, steps: int, batch: int, products: Routes) -> None:
        like = model.weights.W_hh
        self.tape = stack.tape(steps, batch)
        self.output = OutputLayer(steps * batch, model.parameters.output, model.vocabulary, products)
        self.d_hidden = TimeMajor(like.new_empty(steps, batch, model.hidden))
        self.d_inputs = TimeMajor(like.new_empty(steps, batch, model.shape.gates * model.hidden))


@dataclass(frozen=True)
class UnderWay:
    """A minibatch between its forward and its backward pass."""

    segment: Segment
    labels: Tensor
    """Time-major, (T·B,)."""
    workspace: Workspace
    detach: bool


class BpttEngine:
    """Loss and gradient of one minibatch, by the equations above."""

    def __init__(self, model: Model, cell: str, products: Routes = PLAIN) -> None:
        self.model = model
        self.products = products
        """By which routes it multiplies."""
        self._stack = Stack(model, cell, products)
        self._workspaces: dict[tuple[int, int], Workspace] = {}
        self._state: State = ()
        self._past: list[Segment] = []
        self._under_way: UnderWay | None = None

    @property
    def state(self) -> State:
        """The hidden state carried to the next minibatch, (batch, hidden) each, the first layer's first."""
        return self._state

    @property
    def held_bytes(self) -> float:
        """Bytes of the activations that the latest gradient ran back over."""
        tapes = [segment.tape for segment in self._past] or [space.tape for space in self._workspaces.values()]
        return sum(tape.nbytes for tape in tapes)

    @property
    def invariant(self) -> bool:
        """Whether the number of CPU threads may change without changing any loss."""
        return self.products.invariant

    def prepare(self, batch: int, steps: int) -> None:
        """Choose the routes of all products, by a minibatch that leaves nothing behind but a gradient."""
        rows = torch.zeros(steps * batch, dtype=torch.long, device=self.model.weights.W_hh.device)
        self.minibatch(rows, rows, steps, next(iter(ACTIVATIONS)), self.zero_state(batch))

    def reset(self, batch: int) -> None:
        """Start from a zero state with nothing behind it."""
        self.carry(self.zero_state(batch))

    def carry(self, state: State) -> None:
        """Start from a given state with nothing behind it."""
        self._state = state
        self._past.clear()

    @torch.no_grad()
    def forward(
        self, inputs: Tensor, labels: Tensor, activation: str, detach: bool, dropout: Dropout = NO_DROPOUT
    ) -> Tensor:
        """The summed cross-entropy of a minibatch (0-d, nats).

        Args:
            inputs: character indices, (batch, steps), int64.
            labels: the same shifted by one.
            activation: a name in ``ACTIVATIONS``.
            detach: cut the carried state from the gradient. If not, the gradient runs back through every
                minibatch since ``reset`` or the last detached one, over the activations stored then and the
                weights as they are now.
            dropout: what is dropped between the layers.
        """
        batch, steps = inputs.shape
        rows, wanted = inputs.t().reshape(-1), labels.t().reshape(-1)
        workspace = self._workspace(steps, batch)
        if detach:
            self._past.clear()
        tape = workspace.tape if detach else self._stack.tape(steps, batch)
        segment = Segment(tape, rows, ACTIVATIONS[activation])
        self._under_way = UnderWay(segment, wanted, workspace, detach)
        return self._forward(segment, wanted, workspace, self._state, dropout)

    @torch.no_grad()
    def backward(self) -> None:
        """Once after each ``forward``: leave its gradient in ``model.gradient``, and carry its last state on."""
        under_way, self._under_way = self._under_way, None
        assert under_way is not None
        segment, workspace = under_way.segment, under_way.workspace
        d_state = self._backward(segment, under_way.labels, workspace)
        for earlier in reversed(self._past):
            workspace.d_hidden.whole.zero_()
            d_state = self._through_time(earlier, workspace, d_state)
        if not under_way.detach:
            self._past.append(segment)
        self._state = segment.tape.end()

    @torch.no_grad()
    def minibatch(
        self, rows: Tensor, labels: Tensor, steps: int, activation: str, state: State
    ) -> tuple[Tensor, State]:
        """Loss and gradient of a minibatch that does not look behind its beginning.

        Args:
            rows, labels: character indices, time-major, (steps · batch,), int64.
            state: the hidden state to start from.

        Returns:
            The summed cross-entropy (0-d) and the state after the last step, a view that the next call overwrites.
        """
        workspace = self._workspace(steps, len(rows) // steps)
        segment = Segment(workspace.tape, rows, ACTIVATIONS[activation])
        loss = self._forward(segment, labels, workspace, state)
        self._backward(segment, labels, workspace)
        return loss, workspace.tape.end()

    def zero_state(self, batch: int) -> State:
        """A new state of zeros."""
        return self._stack.zero_state(batch)

    def _workspace(self, steps: int, batch: int) -> Workspace:
        shape = (steps, batch)
        if shape not in self._workspaces:
            self._workspaces = {shape: Workspace(self.model, self._stack, steps, batch, self.products)}
        return self._workspaces[shape]

    def _forward(
        self, segment: Segment, labels: Tensor, workspace: Workspace, state: State, dropout: Dropout = NO_DROPOUT
    ) -> Tensor:
        self._stack.forward(segment.tape, segment.rows, state, segment.activation, dropout)
        hidden = segment.tape.hidden[1:].flatten(0, 1)
        return workspace.output.forward(hidden, labels, self.model.parameters.output)

    def _backward(self, segment: Segment, labels: Tensor, workspace: Workspace) -> State:
        parameters, gradient = self.model.parameters, self.model.gradient
        workspace.output.backward(labels, parameters.output, gradient.output, workspace.d_hidden.whole.flatten(0, 1))
        gradient.hidden_part.zero_()
        no_more = tuple(torch.zeros_like(state) for state in segment.tape.end())
        d_state = self._through_time(segment, workspace, no_more)
        workspace.output.wait()
        return d_state

    def _through_time(self, segment: Segment, workspace: Workspace, d_state: State) -> State:
        return self._stack.backward(
            segment.tape, segment.rows, segment.activation, workspace.d_hidden, d_state, workspace.d_inputs
        )
