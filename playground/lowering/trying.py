"""Remedies are tried before they are offered: what does not solve a problem, or brings another one to the same node, stays out."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

from playground.core.samples import Samples
from playground.core.spec import Loss
from playground.document.edits import Edit, EditError
from playground.document.problems import LazyMends, Mend, Problem, remedies
from playground.document.project import Project
from playground.lowering.expansion import expanded
from playground.lowering.flow import Flow, fresh_flow
from playground.lowering.folding import folded, localised
from playground.lowering.mends import taken_out
from playground.lowering.node_problems import node_problems
from playground.words import joined

#: Remedies offered for a problem, and most that are tried for it.
MOST, MOST_TRIALS = 3, 40


def offered(project: Project, samples: Samples | None, problem: Problem) -> Problem:
    """A problem of a node of the flat network as one of the project, with those of its mends that solve it.

    They are tried when somebody looks at them. Those that keep other layers from being built stand last.
    """
    told = folded(project, dataclasses.replace(problem, mends=()))
    if isinstance(problem.mends, tuple) and not problem.mends:
        return told
    return dataclasses.replace(told, mends=LazyMends(lambda: _Trials(project, samples, problem).solutions()[:MOST]))


@dataclasses.dataclass(frozen=True)
class _State:
    """A project at which something was changed. mend: how.  flow: what comes of it.  own: problems of the node."""

    project: Project
    mend: Mend
    flow: Flow
    own: list[Problem]


class _Trials:
    """Tries the mends of one problem on a project."""

    def __init__(self, project: Project, samples: Samples | None, problem: Problem) -> None:
        self.samples, self.problem, self.left = samples, problem, MOST_TRIALS
        self.start = self._state(project, Mend(text=""))
        self.broken = _broken(self.start.flow)
        self.known = {one.text for one in self.start.own}

    def solutions(self) -> list[Mend]:
        """Mends that solve it; where no single one does, two in a row; where these do not either, the node goes."""
        solved, halfway = list[_State](), list[_State]()
        for state in self._changed(self.start, self.problem):
            if self._solves(state):
                solved.append(state)
            else:
                halfway.append(state)
        for state in halfway if not solved else ():
            further = (one for one in self._news(state) if one.text != self.problem.text)
            solved += (two for one in further for two in self._changed(state, one) if self._solves(two))
        if not solved:
            solved += filter(self._solves, self._changed(self.start, self._by_leaving()))
        return [state.mend for state in sorted(solved, key=lambda state: len(_broken(state.flow) - self.broken))]

    def _by_leaving(self) -> Problem:
        """The problem with the remedy that its node is taken out."""
        node, flow = self.problem.node, self.start.flow
        return dataclasses.replace(
            self.problem, mends=remedies(taken_out(flow, flow.nodes[node]) if node in flow.nodes else None)
        )

    def _changed(self, state: _State, problem: Problem) -> Iterator[_State]:
        """What comes of each mend of a problem of this state."""
        for mend in itertools.islice(problem.mends, self.left):
            local, self.left = localised(state.project, mend), self.left - 1
            changed = None if local is None else _applied(state.project, local)
            if local is None or changed is None:
                continue
            if state is not self.start:
                text = joined((state.mend.text, local.text), " · ")
                local = Mend(text=text, edits=(*state.mend.edits, *local.edits))
            yield self._state(changed, local)

    def _state(self, project: Project, mend: Mend) -> _State:
        flow, id = fresh_flow(project, self.samples), self.problem.node
        own = list(node_problems(expanded(project).project, self.samples, flow, id)) if id in flow.nodes else []
        return _State(project, mend, flow, own)

    def _solves(self, state: _State) -> bool:
        gone = all(one.text != self.problem.text for one in state.own)
        return gone and not self._news(state) and self._is_known(state.flow) >= self._is_known(self.start.flow)

    def _news(self, state: _State) -> list[Problem]:
        """What else is wrong at the node now. A loss that suits the data may then ask for another number of answers."""
        new = [one for one in state.own if one.severity == "error" and one.text not in self.known]
        node = state.flow.nodes.get(self.problem.node)
        if node is not None and isinstance(node.spec, Loss):
            return [one for one in new if one.field == self.problem.field]
        return new

    def _is_known(self, flow: Flow) -> bool:
        """Whether the shapes of all that the node reads are known."""
        node = flow.nodes.get(self.problem.node)
        return node is None or flow.inputs(node) is not None


def _applied(project: Project, mend: Mend) -> Project | None:
    """The project after a mend; None where its edits do not fit."""
    try:
        for edit in mend.edits:
            if isinstance(edit, Edit):
                project = edit.apply(project)
    except EditError:
        return None
    return project


def _broken(flow: Flow) -> set[str]:
    """Layers that cannot take their inputs."""
    return {id for id, found in flow.facts.items() if found.type is None}
