"""The expression layer in the engine: kernels against float64 and PyTorch, far inputs, several processes; and the gate."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import playground as pg
from playground.api import own_layers as gate
from playground.api.own_layers import FormulaRefused, add_to_palette, judge
from playground.core import registry
from playground.core.expression import building, derivative, parse, value
from playground.core.expression import derivative as derive
from playground.core.tensor import TensorType
from playground.document.own_layers import OwnLayer, add_own_layer, own_layers, remove_own_layer
from playground.engine import expressions
from playground.engine.builder import GraphBuilder
from playground.engine.kernel import kernel
from playground.engine.vocabulary import cos, exp_everywhere, load, log_everywhere, power, sin, store
from playground.errors import BadValue, ShapeError
from tests.core.test_expression import random_formulas
from tests.engine.bench import Bench
from tests.every.evaluate import FEATURES, evaluated, layer_graph, spread
from tests.every.test_layers import machine_of, slope

#: Layers that these tests hold against torch.
PROVEN = {"expression"}

Expression = registry.find("layer", "expression")


@kernel
def whole_range_words(F, R, w, k):
    """words: x p n out: one row of outputs for each word."""
    n = w[2]
    for j in range(0, n, 16):
        v, p, r, o = load(F, w[0] + j, n - j), load(F, w[1] + j, n - j), n - j, w[3] + j
        store(F, o, r, sin(v))
        store(F, o + n, r, cos(v))
        store(F, o + 2 * n, r, exp_everywhere(v))
        store(F, o + 3 * n, r, log_everywhere(v))
        store(F, o + 4 * n, r, power(v, p))


def test_words_over_the_whole_range() -> None:
    rng = np.random.default_rng(0)
    ends = [0.0, np.inf, -np.inf, np.nan, 1e-40, 3e38, 1e20, -1.0, -3.0, 2.0]
    x = np.concatenate([rng.normal(size=3000), rng.uniform(-120, 120, 3000), rng.uniform(-1e4, 1e4, 3001), ends]).astype(
        np.float32
    )
    p = np.concatenate([rng.normal(size=6000), rng.integers(-5, 6, 3001), [0, 1, 2, 3, 0.5, -1, 2, 3, -3, np.nan]])
    n, p = len(x), p.astype(np.float32)
    bench = Bench(x=(n,), p=(n,), y=(5, n))
    bench["x"], bench["p"] = x, p
    bench.run([("whole_range_words", bench.at("x"), bench.at("p"), n, bench.at("y"))])
    found = dict(zip(("sin", "cos", "exp", "log", "power"), bench["y"].astype(np.float64), strict=True))
    wide, near = x.astype(np.float64), np.abs(x) <= 1e4
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found["sin"][near], np.sin(wide[near]), rtol=0, atol=2e-7)
        np.testing.assert_allclose(found["cos"][near], np.cos(wide[near]), rtol=0, atol=2e-7)
        assert (np.abs(np.stack([found["sin"], found["cos"]]))[:, np.isfinite(x)] < 1.3).all()
        np.testing.assert_allclose(found["exp"], np.exp(wide).astype(np.float32), rtol=4e-7, atol=1e-37)
        np.testing.assert_allclose(found["log"], np.log(wide), rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(found["power"], np.power(wide, p.astype(np.float64)).astype(np.float32), rtol=2e-5, atol=1e-37)


def test_random_formulas_compiled_and_interpreted() -> None:
    """Generated kernels, values and all slopes, against float64 wherever float32 can follow."""
    rng = np.random.default_rng(5)
    n, compared = 53, 0
    for formula in random_formulas(12, 6):
        xs = formula.inputs
        names = (*xs, "a")
        at = {name: rng.normal(size=n).astype(np.float32) for name in xs} | {"a": np.full(1, 0.5, np.float32)}
        slopes = {name: np.broadcast_to(value(derivative(formula.body, name), at), (n,)) for name in names}
        bench = Bench(x=(3, n), y=(n,), dy=(n,), dx=(3, n), a=(1,), sums=(16,))
        dy = rng.normal(size=n).astype(np.float32)
        for i, name in enumerate(xs):
            bench["x"][i] = at[name]
        bench["dy"], bench["a"] = dy, 0.5
        place = {name: [bench.at("x") + i * n, 0, 0] for i, name in enumerate(xs)}
        into = {name: [bench.at("dx") + i * n, 0, 0] for i, name in enumerate(xs)}
        inputs = [word for name in xs for word in place[name]]
        targets = [word for name in xs for word in into[name]]
        forward, backward = expressions.forward_kernel(formula), expressions.backward_kernel(formula, xs, ("a",))
        bench.run([(forward, 1, 1, 1, n, *inputs, bench.at("y"), 0, 0, bench.at("a"))])
        words = (1, 1, 1, n, *inputs, bench.at("dy"), 0, 0, *targets, *(0 for _ in xs), bench.at("a"), bench.at("sums"), 16)
        bench.run([(backward, *words)])
        expected = np.broadcast_to(value(formula.body, at), (n,))
        moved = [
            np.abs(np.broadcast_to(value(formula.body, {**at, "x": at["x"] * s}), (n,)) - expected) for s in (1 + 1e-6, 1 - 1e-6)
        ]
        steady = np.isfinite(expected) & (np.abs(expected) < 1e4) & (np.maximum(*moved) < 1e-4 * (1 + np.abs(expected)))
        np.testing.assert_allclose(bench["y"][steady], expected[steady], rtol=2e-3, atol=2e-3, err_msg=formula.text)
        for i, name in enumerate(xs):
            fine = steady & (np.abs(slopes[name]) < 1e3)
            room = 2e-2 * (1 + np.abs(slopes[name][fine])) * np.maximum(np.abs(dy[fine]), 0.1)
            off = np.abs(bench["dx"][i][fine] - (dy * slopes[name])[fine]) > room
            assert off.mean() < 0.05, (formula.text, name)
        compared += int(steady.sum())
    assert compared > 200


@pytest.mark.parametrize("shape", [(1,), (37,), (3, 5), (1, 1, 1), (5, 3, 19)], ids=str)
def test_gradients_of_learned_numbers_are_those_of_pytorch(shape: tuple[int, ...]) -> None:
    torch = pytest.importorskip("torch")
    layer = Expression(function="where(x > 0, x, a*x) + softplus(-x)*s; a = 0.25 per channel; s = 2")
    graph = layer_graph(layer, (shape,))
    machine, x, y = machine_of(graph, 3, 3)
    held = {name: torch.tensor(tensor.astype(np.float64), requires_grad=True) for name, tensor in machine.parameters().items()}
    assert machine.run(1).status == "done"
    spread = (torch.tensor(x.astype(np.float64)) @ held["spread0.weight"]).reshape(3, *shape)
    out = torch.where(spread > 0, spread, held["node.a"] * spread) + torch.nn.functional.softplus(-spread) * held["node.s"]
    torch.nn.functional.mse_loss(out, torch.tensor(y.astype(np.float64))).backward()
    for name, gradient in machine.gradients().items():
        np.testing.assert_allclose(gradient, held[name].grad.numpy(), rtol=2e-4, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("function", ["x*tanh(y) + a*x; a = 0.5", "x*y^2 + a*x; a = 0.5 per channel"])
def test_images_with_halos_on_every_side(function: str) -> None:
    """Convolutions read the same images as the formula and what it gives, so inputs, output and their gradients lie in halos."""
    g = GraphBuilder()
    normal = registry.find("initializer", "normal")(deviation=0.5)
    x = g.take_input(TensorType((FEATURES,)))
    images = [spread(g, x, (5, 7, 3), f"spread{i}") for i in range(2)]
    with g.of("node", None):
        kernels = [g.parameter(f"kernel{i}", (3, 3, 3, 3), normal, fan_in=9, fan_out=9) for i in range(3)]
        wide = [g.op("conv2d", image, k, padding=(1, 1, 1, 1)) for image, k in zip(images, kernels, strict=False)]
    with g.of("own", None):
        y = Expression(function=function).build(g, *images)
    with g.of("after", None):
        y = g.op("add", *wide, g.op("conv2d", y, kernels[2], padding=(1, 1, 1, 1)))
    graph = g.finish(y, g.op("mean_squared_error", y, g.take_target(y.type)))
    machine, samples, target = machine_of(graph, 3, 3, chains=2)
    tensors = {name: tensor.astype(np.float64) for name, tensor in machine.parameters().items()}
    np.testing.assert_allclose(
        machine.predict(samples), evaluated(graph, samples, target, tensors, training=False)[graph.output], rtol=1e-3, atol=1e-4
    )
    assert machine.run(1, threads=2).status == "done"
    rng = np.random.default_rng(9)
    for name, gradient in machine.gradients().items():
        direction = rng.normal(size=gradient.shape)
        assert float((gradient * direction).sum()) == pytest.approx(
            slope(graph, samples, target, tensors, name, direction), rel=1e-3, abs=1e-4
        ), name


SCRIPT = """
import numpy as np
from playground.core import registry
from playground.engine import jit
from tests.every.evaluate import layer_graph
from tests.every.test_layers import machine_of
layer = registry.find("layer", "expression")(function="x*tanh(softplus(b*x)) + sin(x)*0.125; b = 1.25")
machine, x, y = machine_of(layer_graph(layer, ((5,),)), 3, 3)
names = [name for name in machine.plan.train.kernels if name.startswith("expression_")]
for name in names:
    jit.compiled(name)
assert len(names) == 3, names
print(sorted(jit.compilations))
"""


def test_a_fresh_process_compiles_it_again_or_loads_it(tmp_path: Path) -> None:
    def compiled() -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT], env={**os.environ, "PLAYGROUND_CACHE": str(tmp_path)}, text=True,
            cwd=Path(__file__).parents[2], capture_output=True, timeout=200, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    first = compiled()
    assert all(f"expression_{part}" in first for part in ("forward", "backward", "sums"))
    assert compiled() == "[]"


def test_nothing_that_was_typed_reaches_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(
        expressions, "compile", lambda source, *a, **k: seen.append(source) or compile(source, *a, **k), raising=False
    )
    formula = parse("x*evil_name + 3.25; evil_name = 7.5")
    expressions.forward_kernel.__wrapped__(formula)
    expressions.backward_kernel.__wrapped__(formula, ("x",), ("evil_name",))
    assert len(seen) == 2
    assert not any("evil" in source or "7.5" in source for source in seen)


def test_wires_must_fit_the_formula() -> None:
    g = GraphBuilder()
    x, y = g.take_input(TensorType((4,))), g.take_column("other", TensorType((3,)))
    with g.of("node", None):
        with pytest.raises(ShapeError, match="uses y in its formula"):
            Expression(function="x*y").build(g, x)
        with pytest.raises(ShapeError, match="does not use y"):
            Expression(function="x^2").build(g, x, x)
        with pytest.raises(ShapeError, match="equal shape"):
            Expression(function="x*y").build(g, x, y)


# ------------------------------------------------------------------------------------------------------------------ the gate


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("text", ["x*tanh(softplus(x))", "max(x, a*x); a = 0.25 per channel", "x*sigmoid(y)", "abs(x) + sign(x)"])
def test_good_formulas_pass(text: str) -> None:
    judged = judge(text)
    assert judged.formula == parse(text).text
    assert judged.shapes == 10
    assert judged.points > 400
    assert 0 < judged.relus < gate.MOST_RELUS


@pytest.mark.parametrize(
    ("text", "check", "sentence"),
    [
        ("x*", "formula", "Position 3"),
        ("log(x)", "derivative", "At x = 0 the formula is -inf"),
        ("1/x", "derivative", "At x = 0 the formula is inf"),
        ("x + sqrt(x)", "derivative", "the formula is nan"),
        ("sqrt(abs(x))", "derivative", "At x = 0 the derivative by x is nan"),
        ("exp(x)", "derivative", "At x = 100 the formula is"),
        ("x*y/(1+z)*0 + log(2+sin(y)*3)", "derivative", "y ="),
        ("x^10*1e-35", "shapes", "beyond what float32 holds"),
        ("x/a; a=0", "derivative", "At x = 0, a = 0 the formula is nan, which no layer can pass on."),
        ("x*(1 + abs(a)^0.5); a=0", "derivative", "a = 0 the derivative by a is nan"),
    ],
)
def test_a_refusal_names_the_input_that_broke_it(text: str, check: str, sentence: str) -> None:
    with pytest.raises(FormulaRefused) as refusal:
        judge(text)
    assert refusal.value.check == check
    assert sentence in str(refusal.value)


def test_a_planted_wrong_derivative_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(root, by):
        return building.multiply(building.number(1.01), derive(root, by))

    monkeypatch.setattr(gate, "derivative", wrong)
    with pytest.raises(FormulaRefused, match=r"At x = 0(\.001)? the derivative by x is .*, differences give") as refusal:
        judge("tanh(x) + x")
    assert refusal.value.check == "derivative"


@pytest.mark.parametrize(("kind", "line"), [("sin", "cos({0})"), ("cos", "0.0 - cos({0})")])
def test_a_planted_wrong_kernel_is_refused(monkeypatch: pytest.MonkeyPatch, kind: str, line: str) -> None:
    """Wrong values first, then values that are right with a wrong gradient: cos stands only in the derivative of sin."""
    monkeypatch.setitem(expressions._LINES, kind, line)
    with pytest.raises(FormulaRefused, match=r"With the shape 1 (it gives|the gradient of)") as refusal:
        judge(f"sin(x)*1.5 + {0.25 if kind == 'sin' else 0.75}")
    assert refusal.value.check == "shapes"


def test_slow_formulas_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "MOST_RELUS", 0.001)
    with pytest.raises(FormulaRefused, match="times as long as a ReLU") as refusal:
        judge("x*x")
    assert refusal.value.check == "time"


def test_only_what_passes_is_kept(home: Path) -> None:
    layer, judged = add_to_palette("  My swish ", "x*sigmoid(b*x); b=1.5")
    assert own_layers() == [layer] == [OwnLayer("My swish", "x * sigmoid(b * x); b = 1.5")]
    assert "times the time of a ReLU" in judged.sentence()
    with pytest.raises(FormulaRefused):
        add_to_palette("Bad", "log(x)")
    with pytest.raises(BadValue, match="already is"):
        add_to_palette("my SWISH", "x^2")
    with pytest.raises(BadValue, match="1 to 28"):
        add_to_palette("", "x^2")
    assert len(own_layers()) == 1
    remove_own_layer("My swish")
    assert own_layers() == []


def test_a_formula_whose_canonical_text_is_longer_than_a_field_takes_works_everywhere(home: Path, tmp_path: Path) -> None:
    typed = "+".join(f"0.00{i}*sin({i}.5*x)" for i in range(1, 25))
    chain = [pg.layer("dense", units=4), pg.layer("expression", function=typed), pg.layer("dense", units=2)]
    project = pg.Project.chain(pg.dataset("moons"), *chain)
    assert project.problems() == []
    project.train(epochs=1)
    project.export(tmp_path / "net.onnx")
    layer, judged = add_to_palette("Waves", typed)
    assert len(judged.formula) > 500
    assert own_layers() == [layer] == [OwnLayer("Waves", typed)]
    assert not list(problems_of(Expression(function=layer.formula)))


def problems_of(layer: object):
    """What is wrong with the settings of a layer in a network."""
    return pg.Project.chain(pg.dataset("moons"), layer, pg.layer("dense", units=2)).problems()


def test_a_damaged_library_harms_nothing(home: Path) -> None:
    add_own_layer("Square", "x^2")
    store = home / "data" / "library" / "expressions.json"
    text = store.read_text(encoding="utf-8")
    store.write_text(
        text.replace('"x^2"}', '"x^2"},{"formula":"__import__(\'os\')","name":"Evil"},7,{"name":"No"}'), encoding="utf-8"
    )
    assert [layer.name for layer in own_layers()] == ["Square"]
    store.write_text("{not json", encoding="utf-8")
    assert own_layers() == []
    assert store.with_suffix(".bad").exists()
