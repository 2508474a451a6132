"""Sequences that are made, and sequences in array files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from playground.catalog.datasets.array_file import ArrayFile
from playground.catalog.datasets.brackets import SIGNS, Brackets
from playground.catalog.datasets.counting import Counting
from playground.core.samples import NO_CLASS, Samples
from playground.errors import DataError

PARTNERS = dict(zip(")]}", "([{", strict=True))


def row(samples: Samples, index: int) -> str:
    """A row of brackets as text."""
    return "".join(SIGNS[int(token) - 1] for token in samples.x[index, : samples.length(index)])


def closes(text: str) -> bool:
    """The textbook's stack."""
    stack: list[str] = []
    for sign in text:
        if sign in PARTNERS:
            if not stack or stack.pop() != PARTNERS[sign]:
                return False
        else:
            stack.append(sign)
    return not stack


@pytest.mark.parametrize("settings", [{}, {"kinds": 1}, {"kinds": 2, "deepest": 1}, {"steps": 2}, {"steps": 9, "broken": 0.25}])
def test_rows_of_brackets_are_what_their_class_says(settings: dict) -> None:
    samples = Brackets(samples=600, **settings).load()
    assert [closes(row(samples, i)) for i in range(600)] == samples.y.astype(bool).tolist()
    assert (samples.y == 0).sum() == round(600 * settings.get("broken", 0.5))
    assert set((samples.lengths % 2).tolist()) == {0}
    assert (samples.x[np.arange(samples.steps) >= samples.lengths[:, None]] == 0).all()
    assert (samples.x[np.arange(samples.steps) < samples.lengths[:, None]] > 0).all()


def test_counting_the_signs_does_not_tell_broken_rows() -> None:
    """A linear model of how often each sign occurs is near to guessing; that is what makes the set one for memory."""
    from sklearn.linear_model import LogisticRegression

    samples = Brackets(samples=3000).load()
    counts = np.stack([(samples.x == token).sum(axis=1) for token in range(1, 7)], axis=1)
    assert LogisticRegression(max_iter=1000).fit(counts, samples.y).score(counts, samples.y) < 0.6
    paired = np.stack(
        [(samples.x == 2 * kind + 1).sum(axis=1) == (samples.x == 2 * kind + 2).sum(axis=1) for kind in range(3)], axis=1
    )
    assert paired[samples.y == 0].all(axis=1).mean() > 0.9


@pytest.mark.parametrize("deepest", [1, 2, 5])
def test_depth_counts_what_is_open(deepest: int) -> None:
    samples = Brackets(samples=200, steps=14, answer="depth", deepest=deepest).load()
    assert samples.y.dtype == np.int64
    for i in range(200):
        open_now = np.cumsum([1 if sign in "([{" else -1 for sign in row(samples, i)])
        assert samples.y[i, : samples.length(i)].tolist() == open_now.tolist()
        assert (samples.y[i, samples.length(i) :] == NO_CLASS).all()
        assert closes(row(samples, i))
    assert samples.labels().max() <= deepest
    assert len(samples.labels()) == samples.lengths.sum()


def test_counting_goes_on_by_equal_steps() -> None:
    samples = Counting(samples=300, steps=9, numbers=7).load()
    assert samples.lengths is None
    assert samples.tokens == 7
    np.testing.assert_array_equal(samples.y[:, :-1], samples.x[:, 1:])
    step = (samples.x[:, 1] - samples.x[:, 0]) % 7
    np.testing.assert_array_equal((samples.y - samples.x) % 7, np.broadcast_to(step[:, None], samples.y.shape))
    assert set(Counting(samples=300, largest=2).load().labels().tolist()) == set(range(10))


def test_counting_of_varied_length_keeps_zero_for_padding() -> None:
    samples = Counting(samples=300, steps=9, numbers=7, varied=True).load()
    there = np.arange(9) < samples.lengths[:, None]
    assert samples.tokens == 8
    assert (samples.x[there] >= 1).all()
    assert (samples.x[~there] == 0).all()
    assert (samples.y[~there] == NO_CLASS).all()
    inner = there[:, 1:]
    np.testing.assert_array_equal(samples.y[:, :-1][inner], (samples.x[:, 1:] - 1)[inner])


def saved(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "s.npz", **arrays)
    return folder


def test_an_array_file_holds_sequences_with_lengths_and_weights(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x, y, lengths, weights = rng.normal(size=(7, 5, 3)), np.arange(7) % 2, rng.integers(1, 6, 7), rng.random(7)
    samples = ArrayFile(path="s.npz").load(saved(tmp_path, x=x, y=y, lengths=lengths, weights=weights))
    assert samples.lengths.tolist() == lengths.tolist()
    np.testing.assert_array_equal(samples.weights, weights.astype(np.float32))
    assert samples.task == "classification"
    assert [note for note in samples.notes if "is used as the" in note] == list(samples.notes)
    assert len(samples.notes) == 2
    other = ArrayFile(path="s.npz").load(saved(tmp_path, x=x, y=y, weights=rng.random((7, 3))))
    assert other.weights is None
    assert "was passed over: it is 7×3, not one number for each of 7 samples" in other.notes[0]


def test_an_array_file_holds_tokens_and_a_class_for_every_step(tmp_path: Path) -> None:
    x = np.array([[1, 2, 0], [4, 0, 0], [3, 2, 1]])
    y = np.array([[30, 10, -100], [20, 10, 10], [10, 20, 30]])
    folder = saved(tmp_path, x=x, y=y, lengths=np.array([2, 1, 3], np.float64))
    samples = ArrayFile(path="s.npz", tokens=True).load(folder)
    assert samples.tokens == 5
    assert samples.shape == (3,)
    assert samples.per_step
    assert samples.class_names == ("10", "20", "30")
    assert samples.y.tolist() == [[2, 0, -100], [1, -100, -100], [0, 1, 2]]
    assert ArrayFile(path="s.npz", tokens=True, task="regression").load(folder).y.shape == (3, 3)
    hot = saved(tmp_path, x=x, y=np.eye(3, dtype=int))
    assert ArrayFile(path="s.npz", tokens=True, task="classification").load(hot).y.tolist() == [0, 1, 2]
    assert ArrayFile(path="s.npz", tokens=True, task="steps").load(hot).y.tolist() == np.eye(3, dtype=int).tolist()


def test_classes_of_fewer_steps_than_the_inputs_are_read_where_some_are_ignored(tmp_path: Path) -> None:
    """As a decoder gives them: their steps are not those of the inputs, so lengths cut nothing off."""
    x, y = np.arange(18).reshape(3, 6), np.array([[7, -100], [5, 7], [-100, 9]])
    folder = saved(tmp_path, x=x, y=y, lengths=np.array([1, 6, 2]))
    samples = ArrayFile(path="s.npz", tokens=True).load(folder)
    assert (samples.task, samples.class_names) == ("classification", ("5", "7", "9"))
    assert samples.per_step
    assert not samples.aligned
    assert samples.y.tolist() == [[1, -100], [0, 1], [-100, 2]]
    assert [samples.classes_of(k).tolist() for k in range(3)] == samples.y.tolist()
    assert samples.notes[0] == (
        "s.npz y is read as a class for each of 2 steps, and -100, which stands 2 times, as none. "
        "If these are values, choose them as the task."
    )
    chosen = ArrayFile(path="s.npz", tokens=True, task="regression").load(folder)
    assert chosen.y.tolist() == y.tolist()
    assert not any("-100" in note for note in chosen.notes)


@pytest.mark.parametrize(
    ("y", "note"),
    [
        ([[7, 8], [5, 7], [6, 9]], ""),
        ([[7.5, -100], [5, 7], [-100, 9]], ""),
        ([[-100, -20], [5, 7], [6, 9]], "holds -100 1 times and is read as values"),
        ([[-100, 3], [3, 3], [3, -100]], "holds -100 2 times and is read as values"),
        ([[-100] * 7, range(7), range(7)], "the inputs must be sequences"),
    ],
)
def test_what_may_be_values_is_read_as_values(tmp_path: Path, y: list, note: str) -> None:
    samples = ArrayFile(path="s.npz", tokens=True).load(
        saved(tmp_path, x=np.arange(18).reshape(3, 6), y=np.array(list(map(list, y))))
    )
    assert samples.task == "regression"
    assert [note in told for told in samples.notes] == [True] * bool(note)


def test_classes_of_fewer_steps_may_be_chosen(tmp_path: Path) -> None:
    folder = saved(tmp_path, x=np.arange(18).reshape(3, 6), y=np.array([[7, 8], [5, 7], [6, 9]]))
    samples = ArrayFile(path="s.npz", tokens=True, task="steps").load(folder)
    assert samples.y.tolist() == [[2, 3], [0, 2], [1, 4]]


def test_what_is_read_of_ignored_places_is_told(tmp_path: Path) -> None:
    x = np.arange(18).reshape(3, 6)
    whole = ArrayFile(path="s.npz", tokens=True).load(saved(tmp_path, x=x, y=np.where(x % 5, x % 3, -100)))
    assert whole.notes[0].startswith("s.npz y is read as a class for each of 6 steps, and -100, which stands 4 times, as none.")
    bare = ArrayFile(path="s.npz").load(saved(tmp_path, x=x, y=np.where(x % 5, x % 3, -100)))
    assert bare.task == "regression"
    assert "is read as values. If they are classes of steps, with -100 for none, the inputs must be sequences" in bare.notes[0]
    single = ArrayFile(path="s.npz").load(saved(tmp_path, x=x, y=np.array([0, 1, -100])))
    assert single.class_names == ("-100", "0", "1")
    assert "which is read as a class like the others" in single.notes[0]


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("lengths", [None, np.array([2, 5, 1, 4])])
def test_an_array_file_holds_values_for_every_step(tmp_path: Path, outputs: int, lengths: np.ndarray | None) -> None:
    """Three axes say so by themselves; two need the setting. What stands in the padding is never read, not even NaN."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(4, 5, 3)), rng.normal(size=(4, 5, outputs))
    there = np.full((4, 5), True) if lengths is None else np.arange(5) < lengths[:, None]
    y[~there] = np.nan
    more = {} if lengths is None else {"lengths": lengths}
    samples = ArrayFile(path="s.npz").load(saved(tmp_path, x=x, y=y, **more))
    assert (samples.task, samples.target_shape, samples.per_step) == ("regression", (5, outputs), False)
    assert len(samples.target_names) == outputs
    np.testing.assert_array_equal(samples.y, np.where(there[..., None], y, 0).astype(np.float32))
    flat = ArrayFile(path="s.npz", task="step_values").load(saved(tmp_path, x=x, y=y[..., 0], **more))
    np.testing.assert_array_equal(flat.y, samples.y[..., :1])
    if lengths is None:
        assert ArrayFile(path="s.npz").load(saved(tmp_path, x=x, y=y[..., 0])).target_shape == (5,)


@pytest.mark.parametrize(
    ("arrays", "settings", "sentence"),
    [
        ({"x": np.array([[0, 1], [2, 1.5]])}, {"tokens": True}, r"s\.npz x: tokens must be whole numbers from 0 .* sample 2"),
        ({"x": np.array([[0, -1], [2, 1]])}, {"tokens": True}, r"tokens must be whole numbers from 0 .* sample 1"),
        ({"x": np.array([[0, np.nan], [2, 1]])}, {"tokens": True}, r"tokens must be whole numbers .* sample 1"),
        ({"x": np.zeros((2, 3, 4))}, {"tokens": True}, r"3 axes; tokens need two"),
        (
            {"x": np.zeros((2, 3, 4)), "lengths": np.array([3, 4])},
            {},
            r"whole numbers from 1 to the 3 steps; that of sample 2 is 4",
        ),
        ({"x": np.zeros((2, 3, 4)), "lengths": np.array([3, 0.5])}, {}, r"that of sample 2 is 0\.5"),
        ({"x": np.zeros((2, 4)), "lengths": np.array([3, 4])}, {}, r"the inputs are no sequences"),
        ({"x": np.zeros((2, 4)), "weights": np.array([-1.0, 4])}, {}, r"weights must be finite and at least 0; that of sample 1"),
        ({"x": np.zeros((2, 4)), "weights": np.zeros(2)}, {}, r"All weights are 0"),
        ({"x": np.zeros((2, 4))}, {"task": "steps"}, r"one class number for every step, and inputs of samples×steps"),
        ({"x": np.zeros((2, 3, 4)), "y": np.zeros((2, 4), int)}, {"task": "steps"}, r"for every step, 2×3; its shape is 2×4"),
        ({"x": np.zeros((2, 4))}, {"task": "step_values"}, r"row of values for every step, and inputs of samples×steps"),
        ({"x": np.zeros((2, 3, 4)), "y": np.zeros((2, 4, 3))}, {"task": "step_values"}, r"every step, 2×3; its shape is 2×4×3"),
        ({"x": np.zeros((2, 3, 4)), "y": np.full((2, 3, 1), np.inf)}, {}, r"s\.npz y: 2 samples hold NaN, an infinity"),
    ],
)
def test_what_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, arrays: dict, settings: dict, sentence: str) -> None:
    folder = saved(tmp_path, **{"y": np.array([0, 1]), **arrays})
    with pytest.raises(DataError, match=sentence):
        ArrayFile(path="s.npz", **settings).load(folder)
