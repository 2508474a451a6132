"""Named sets of weights in a project file: kept bit for bit, alike ones once, and what is wrong with one takes nothing from the others."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest

from playground.document import file
from playground.document import weights as weights_file
from playground.document.edits import SetPlan
from playground.document.project import Project
from playground.document.weight_sets import AVERAGED, BEST, MARK, PLAIN, RAW, Arrays, WeightSets
from playground.errors import BadValue

SIDE = "weights/raw.safetensors"


def averaging(evaluate_with: str = "averaged") -> Project:
    return SetPlan("training", "evaluate_with", evaluate_with).apply(SetPlan("training", "averaging", "ema").apply(Project()))


def arrays(seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    odd = np.array([struct.unpack("<f", struct.pack("<I", 0x7FC00000 + seed))[0], -0.0, 1e-42], np.float32)
    return {"a.weight": rng.standard_normal((3, 5), np.float32), "a.bias": odd, "n.count": np.array(seed, np.int64)}


def sets(*names: str) -> WeightSets:
    return WeightSets({name: arrays(at) for at, name in enumerate(names, start=1)})


def same(one: Arrays | None, other: Arrays | None) -> bool:
    assert one is not None
    assert other is not None
    return {n: (a.dtype, a.shape, a.tobytes()) for n, a in one.items()} == {
        n: (a.dtype, a.shape, a.tobytes()) for n, a in other.items()
    }


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def damaged(data: bytes, member: str) -> bytes:
    """With one bit of a member's content turned."""
    made = bytearray(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo(member)
        made[info.header_offset + 30 + len(member) + info.compress_size - 1] ^= 0x10
    return bytes(made)


@pytest.mark.parametrize("evaluate_with", ["averaged", "raw"])
def test_every_set_comes_back_bit_for_bit(evaluate_with: str) -> None:
    project, kept = averaging(evaluate_with), sets(RAW, AVERAGED, BEST)
    data = file.to_bytes(project, kept)
    loaded = file.from_bytes(data)
    assert {problem.text for problem in loaded.problems} == {"a.bias holds 1 of 3 values that are not finite."}
    assert loaded.sets.sets.keys() == {RAW, AVERAGED, BEST}
    for name in kept.sets:
        assert same(loaded.sets.get(name), kept.get(name))
    assert same(loaded.weights, kept.get(evaluate_with))
    assert file.to_bytes(loaded.project, loaded.sets) == data
    alone, _ = weights_file.from_bytes(members(data)["weights.safetensors"])
    assert same(alone, kept.get(evaluate_with)), "what a version that knows one set reads"


def test_alike_sets_are_written_once() -> None:
    kept = WeightSets({RAW: arrays(1), AVERAGED: arrays(2), BEST: arrays(2)})
    data = file.to_bytes(averaging(), kept)
    assert [name for name in members(data) if "weights" in name] == ["weights.safetensors", SIDE]
    again = file.from_bytes(data).sets
    for name in kept.sets:
        assert same(again.get(name), kept.get(name))
    alone = WeightSets({RAW: arrays(1), BEST: arrays(1)})
    found = members(file.to_bytes(Project(), alone))
    assert [name for name in found if "weights" in name] == ["weights.safetensors"]
    assert weights_file.metadata(found["weights.safetensors"]) == {MARK: "best raw"}


def test_a_file_of_one_set_opens_as_it_did() -> None:
    project = averaging()
    data = file.to_bytes(project, arrays(3))
    assert weights_file.metadata(members(data)["weights.safetensors"]) == {}
    loaded = file.from_bytes(data)
    assert loaded.sets.sets.keys() == {PLAIN}
    for one in (loaded, file.from_bytes(file.to_bytes(averaging("raw"), loaded.sets))):
        assert same(one.weights, arrays(3))
        assert (one.sets.differ, one.sets.get(RAW), one.sets.get(AVERAGED)) == (False, None, None)
    assert file.from_bytes(file.to_bytes(project)).weights is None
    assert not file.from_bytes(file.to_bytes(project)).sets


@pytest.mark.parametrize("lost", ["weights.safetensors", SIDE])
def test_a_damaged_set_takes_nothing_from_the_other(lost: str) -> None:
    kept = sets(RAW, AVERAGED)
    loaded = file.from_bytes(damaged(file.to_bytes(averaging(), kept), lost))
    told = [problem for problem in loaded.problems if problem.field == lost]
    assert len(told) == 1
    assert told[0].text == (
        f"Some of the weights cannot be used: {lost} is damaged: its content does not match its checksum. The others are here."
    )
    left = RAW if lost == "weights.safetensors" else AVERAGED
    assert loaded.sets.sets.keys() == {left}
    assert same(loaded.weights, kept.get(left))


def test_two_damaged_sets_leave_the_project() -> None:
    data = damaged(damaged(file.to_bytes(averaging(), sets(RAW, AVERAGED)), SIDE), "weights.safetensors")
    loaded = file.from_bytes(data)
    assert loaded.project == averaging()
    assert loaded.weights is None
    assert [problem.field for problem in loaded.problems] == ["weights.safetensors", SIDE]
    assert all("The network is here; train it again or open a backup." in problem.text for problem in loaded.problems)


def packed(contents: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize("other", [{"a.weight": np.zeros((5, 3), np.float32)}, {"b.weight": np.zeros((3, 5), np.float32)}, {}])
def test_a_set_of_another_network_is_left_out(other: Arrays) -> None:
    wrong = {**{name: array for name, array in arrays(1).items() if name != "a.weight"}, **other}
    contents = members(file.to_bytes(averaging(), sets(RAW, AVERAGED)))
    del contents["manifest.json"]
    loaded = file.from_bytes(packed({**contents, SIDE: weights_file.to_bytes(wrong, {MARK: RAW})}))
    told = next(problem.text for problem in loaded.problems if problem.field == SIDE and "used" in problem.text)
    assert "their tensors are not those of the others, such as a.weight. The others are here." in told
    assert loaded.sets.sets.keys() == {AVERAGED}


@pytest.mark.parametrize("about", [None, {MARK: "of_tomorrow"}, {MARK: ""}, {"else": "raw"}])
def test_a_set_without_a_word_of_what_it_is_goes_by_its_place(about: dict[str, str] | None) -> None:
    contents = members(file.to_bytes(averaging(), sets(RAW, AVERAGED)))
    for name, seed in (("weights.safetensors", 5), (SIDE, 6)):
        contents[name] = weights_file.to_bytes(arrays(seed), about)
    del contents["manifest.json"]
    loaded = file.from_bytes(packed(contents))
    assert same(loaded.sets.get(PLAIN), arrays(5))
    assert same(loaded.sets.get(RAW), arrays(6))


def test_a_set_that_is_missing_is_told_and_the_other_is_used() -> None:
    contents = members(file.to_bytes(averaging(), sets(RAW, AVERAGED)))
    del contents["weights.safetensors"]
    loaded = file.from_bytes(packed(contents))
    assert any(problem.text == "weights.safetensors is missing, though the manifest lists it." for problem in loaded.problems)
    assert same(loaded.weights, arrays(1))


def test_which_set_is_in_use() -> None:
    assert [sets(RAW, AVERAGED, BEST).used(means) for means in (True, False)] == [AVERAGED, RAW]
    assert [sets(RAW).used(means) for means in (True, False)] == [RAW, RAW]
    assert [sets(AVERAGED).used(means) for means in (True, False)] == [AVERAGED, AVERAGED]
    assert WeightSets().chosen(True) is None
    with pytest.raises(BadValue, match="numbers of at most 64 bits"):
        file.to_bytes(averaging(), WeightSets({RAW: arrays(1), AVERAGED: {"a": np.array(["x"])}}))
