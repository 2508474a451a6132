"""What is wrong at one node of the flat network, besides what needs no shapes."""

from __future__ import annotations

from collections.abc import Iterator

from playground.core.samples import Samples
from playground.core.spec import Dataset, Layer, Loss
from playground.core.tensor import TensorType
from playground.data.split import part_sizes
from playground.document.edits import RemoveLinks, SetPlan
from playground.document.problems import LazyMends, Mend, Problem, remedies
from playground.document.project import Link, Node, Project
from playground.document.wiring import output_names, port_title
from playground.errors import PlaygroundError
from playground.lowering.alternatives import shape_mends
from playground.lowering.facts import Facts, in_range
from playground.lowering.fit import loss_problems
from playground.lowering.flow import Flow
from playground.lowering.sequence_mends import token_problem
from playground.words import joined, sentence


def node_problems(project: Project, samples: Samples | None, flow: Flow, id: str) -> Iterator[Problem]:
    """project: the flat one. Mends are candidates that nobody has tried yet (`trying.offered`)."""
    found, node = flow.facts.get(id), flow.nodes[id]
    if found is not None and found.type is None:
        yield shape_problem(flow, node, flow.into[id], found)
    yield from remedied(token_problem(flow, id))
    yield from absent_data(flow, node)
    if samples is not None and isinstance(node.spec, Loss) and in_range(node.spec):
        yield from loss_problems(project, samples, flow, node)
    yield from remedied(batch_problem(project, training_rows(project, samples), flow, id))


def absent_data(flow: Flow, node: Node) -> Iterator[Problem]:
    """Wires from an output that these data do not have."""
    for link in flow.into[node.id]:
        source = flow.nodes[link.source]
        if isinstance(source.spec, Dataset) and link.source in flow.types and flow.type_of(link) is None:
            name = output_names(source.spec)[link.output]
            mend = Mend(text=sentence("Delete the wire"), edits=(RemoveLinks((link.id,)),))
            yield Problem(
                text=sentence(
                    "{source} has no {name}, and {node} reads them.", source=source.name, name=sentence(name), node=node.name
                ),
                node=node.id,
                mends=(mend,),
            )


def remedied(found: Problem | None) -> tuple[Problem, ...]:
    """The problem, if there is one."""
    return () if found is None else (found,)


def shape_problem(flow: Flow, node: Node, links: list[Link], found: Facts, newest: Link | None = None) -> Problem:
    """Why a layer cannot take its inputs, who gives them, and mends. newest: the wire to name first, else the last drawn."""
    gives = [(flow.nodes[link.source].name, flow.type_of(link)) for link in links]
    field = ""
    if len(links) == 2:
        drawn = newest or max(links, key=lambda link: (link.port, link.id))
        at = links.index(drawn)
        given = sentence(
            "{node} gives {form}; the other input is {other}.",
            node=gives[at][0],
            form=gives[at][1],
            other=gives[1 - at][1],
        )
        field = port_title(node.spec, drawn.port)
    else:
        given = sentence(
            "{listed}.", listed=joined((sentence("{node} gives {form}", node=name, form=type) for name, type in gives), "; ")
        )
    own = found.reason[:1].islower()
    text = joined((joined((node.name, found.reason), " " if own else ": "), given), " ")
    verb, _, rest = found.mend.partition(" ")
    if verb == "set":
        field = rest.partition(" ")[0]
    mends = LazyMends(lambda: shape_mends(flow, node, links, found.mend))
    return Problem(text=text, node=node.id, field=field, mends=mends)


def batch_problem(project: Project, rows: int, flow: Flow, id: str) -> Problem | None:
    """A batch that is too small for a layer, or a last one that is. rows: samples of the training part, 0 where not known."""
    batch, found, node = project.training.batch, flow.facts.get(id), flow.nodes[id]
    inputs = flow.inputs(node)
    if not isinstance(batch, int) or batch <= 0 or found is None or found.type is None or inputs is None:
        return None
    assert isinstance(node.spec, Layer)
    least = node.spec.least_batch(present(inputs))
    if batch < least:
        text = sentence(
            "{node} needs at least {least} samples in a batch; the training plan has {batch}.",
            node=node.name,
            least=least,
            batch=batch,
        )
        return Problem(text=text, node=id, mends=(_batch_mend(least),))
    if 0 < rows % batch < least:
        text = sentence(
            "{node} needs at least {least} samples in a batch; the last of {rows} in batches of {batch} has {left}.",
            node=node.name,
            least=least,
            rows=f"{rows:,}",
            batch=batch,
            left=rows % batch,
        )
        fits = next((size for size in range(batch + 1, rows + 1) if not 0 < rows % size < least), None)
        return Problem(text=text, node=id, mends=remedies(None if fits is None else _batch_mend(fits)))
    return None


def training_rows(project: Project, samples: Samples | None) -> int:
    """Samples of the training part; 0 where that is not known."""
    if samples is None:
        return 0
    try:
        return part_sizes(samples.count, project.data.validation, project.data.test)[0]
    except PlaygroundError:
        return 0  # said of the data plan


def _batch_mend(size: int) -> Mend:
    return Mend(text=sentence("Set batch to {least}", least=size), edits=(SetPlan("training", "batch", size),))


def present(inputs: tuple[TensorType | None, ...]) -> tuple[TensorType, ...]:
    """The types at the ports that are wired."""
    return tuple(type for type in inputs if type is not None)
