"""Data sets that lie in files, written here by other programs."""

from __future__ import annotations

import csv
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_iris, load_wine

from playground.catalog.datasets.array_file import ArrayFile
from playground.catalog.datasets.idx_file import IdxFile
from playground.catalog.datasets.image_folder import ImageFolder
from playground.catalog.datasets.table import TableFile
from playground.errors import DataError, FileError


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    """As the csv module writes it."""
    data = load_iris()
    with (tmp_path / "iris.csv").open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow([*data.feature_names, "species"])
        out.writerows([*row, data.target_names[label]] for row, label in zip(data.data.tolist(), data.target, strict=True))
    return tmp_path


def test_a_table_of_words_is_classification(iris: Path) -> None:
    data = load_iris()
    samples = TableFile(path="iris.csv").load(iris)
    assert samples.task == "classification"
    assert samples.class_names == tuple(data.target_names)
    assert samples.feature_names == tuple(data.feature_names)
    np.testing.assert_array_equal(samples.x, data.data.astype(np.float32))
    np.testing.assert_array_equal(samples.y, data.target)


def test_a_column_of_measurements_is_regression_and_words_become_inputs(iris: Path) -> None:
    data = load_iris()
    samples = TableFile(path="iris.csv", target="petal width (cm)").load(iris)
    assert samples.task == "regression"
    assert samples.target_names == ("petal width (cm)",)
    assert samples.feature_names[3:] == ("species=setosa", "species=versicolor", "species=virginica")
    np.testing.assert_array_equal(samples.y[:, 0], data.data[:, 3].astype(np.float32))
    np.testing.assert_array_equal(samples.x[:, 3:], np.eye(3)[data.target])


def test_ignored_columns(iris: Path) -> None:
    samples = TableFile(path="iris.csv", ignore="sepal width (cm), petal length (cm)").load(iris)
    assert samples.feature_names == ("sepal length (cm)", "petal width (cm)")
    with pytest.raises(DataError, match=r"no column called 'colour'.*sepal length"):
        TableFile(path="iris.csv", ignore="colour").load(iris)
    with pytest.raises(DataError, match="no column called 'kind'"):
        TableFile(path="iris.csv", target="kind").load(iris)


def test_columns_that_look_like_row_numbers_are_used_when_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('index,"a, b",kind\n' + "".join(f"{i},{i / 2},{'uv'[i % 2]}\n" for i in range(30)))
    plain = TableFile(path="t.csv").load(tmp_path)
    assert plain.feature_names == ("a, b",)
    assert any("Not used" in note and "index" in note for note in plain.notes)
    assert TableFile(path="t.csv", use="index").load(tmp_path).feature_names == ("index", "a, b")
    assert TableFile(path="t.csv", use="index", ignore='"a, b"').load(tmp_path).feature_names == ("index",)


def test_a_table_in_the_european_way(tmp_path: Path) -> None:
    data = load_wine()
    rows = [
        ";".join([str(label), *(f"{value:.4f}".replace(".", ",") for value in row)])
        for row, label in zip(data.data, data.target, strict=True)
    ]
    (tmp_path / "w.csv").write_bytes("\r\n".join(["Güte;" + ";".join(data.feature_names), *rows]).encode("latin-1"))
    samples = TableFile(path="w.csv", target="Güte").load(tmp_path)
    np.testing.assert_allclose(samples.x, data.data, rtol=1e-6)
    np.testing.assert_array_equal(samples.y, data.target)
    assert any("Latin-1" in note for note in samples.notes)
    forced = TableFile(path="w.csv", target="Güte", delimiter="semicolon", decimal="comma", header="yes", encoding="latin-1")
    assert forced.load(tmp_path).x.tobytes() == samples.x.tobytes()


@pytest.mark.parametrize(
    ("task", "expected"), [("auto", "classification"), ("classification", "classification"), ("regression", "regression")]
)
def test_whole_numbers_are_classes_unless_told(tmp_path: Path, task: str, expected: str) -> None:
    (tmp_path / "t.csv").write_text("x,grade\n" + "".join(f"{i / 7},{8 + i % 3}\n" for i in range(30)))
    samples = TableFile(path="t.csv", task=task).load(tmp_path)
    assert samples.task == expected
    if expected == "classification":
        assert samples.class_names == ("8", "9", "10")
        assert samples.y.tolist() == [i % 3 for i in range(30)]
    else:
        assert samples.y[:, 0].tolist() == [8 + i % 3 for i in range(30)]


def test_unusable_rows_are_refused_or_left_out_as_chosen(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,kind\n1,2,u\n,3,v\n4,5\n6,7,u\n8,9,v\n")
    with pytest.raises(DataError, match=r"2 of 5 rows.*line 3: column 'a' holds no value; line 4: 2 cells"):
        TableFile(path="t.csv").load(tmp_path)
    samples = TableFile(path="t.csv", defects="leave_out").load(tmp_path)
    assert samples.x.tolist() == [[1, 2], [6, 7], [8, 9]]
    assert "2 of 5 rows were left out" in samples.notes[-1]
    only_b = TableFile(path="t.csv", ignore="a", defects="leave_out").load(tmp_path)
    assert only_b.x[:, 0].tolist() == [2, 3, 7, 9]


def test_names_and_prices_are_not_turned_into_hundreds_of_inputs(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "price,kind\n" + "".join(f'"{1 + i // 10},{100 + i % 10}",{"uv"[i % 2]}\n' for i in range(200))
    )
    with pytest.raises(DataError, match=r"no column is left|different words"):
        TableFile(path="t.csv").load(tmp_path)
    samples = TableFile(path="t.csv", thousands="comma").load(tmp_path)
    assert samples.x[0, 0] == 1100


def test_regression_of_words_and_one_class_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("x,kind\n1,a\n2,a\n")
    with pytest.raises(DataError, match="two or more classes"):
        TableFile(path="t.csv").load(tmp_path)
    with pytest.raises(DataError, match="regression needs numbers"):
        TableFile(path="t.csv", task="regression").load(tmp_path)


def idx(array: np.ndarray) -> bytes:
    return struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_pictures_in_idx(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (12, 5, 4), np.uint8)
    labels = (np.arange(12) % 3 + 4).astype(np.uint8)
    (tmp_path / "x.gz").write_bytes(gzip.compress(idx(pixels), mtime=0))
    (tmp_path / "y").write_bytes(idx(labels))
    samples = IdxFile(path="x.gz", labels="y").load(tmp_path)
    np.testing.assert_allclose(samples.x, pixels[..., None] / 255, atol=1e-7)
    assert samples.class_names == ("4", "5", "6")
    assert samples.y.tolist() == (labels - 4).tolist()
    (tmp_path / "y").write_bytes(idx(labels[:-1]))
    with pytest.raises(DataError, match=r"x\.gz and y must hold the same number of samples; they hold 12×5×4 and 11"):
        IdxFile(path="x.gz", labels="y").load(tmp_path)
    with pytest.raises(FileError, match="outside"):
        IdxFile(path="x.gz", labels="/etc/hostname").load(tmp_path)


def test_arrays_in_one_file_and_in_two(tmp_path: Path) -> None:
    x, y = np.random.default_rng(0).normal(size=(9, 4)), np.arange(9) % 2
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y.astype(np.float32))
    one = ArrayFile(path="a.npz").load(tmp_path)
    np.testing.assert_array_equal(one.x, x.astype(np.float32))
    assert one.task == "classification"
    two = ArrayFile(path="x.npy", targets_path="y.npy").load(tmp_path)
    assert two.task == "regression"
    assert two.y.shape == (9, 1)
    forced = ArrayFile(path="x.npy", targets_path="y.npy", task="classification").load(tmp_path)
    np.testing.assert_array_equal(forced.y, y)
    with pytest.raises(DataError, match="holds one array, the inputs"):
        ArrayFile(path="x.npy").load(tmp_path)
    np.savez(tmp_path / "odd.npz", p=x, q=y)
    with pytest.raises(DataError, match=r"which array holds the inputs\? It has p \(9×4\), q \(9\)"):
        ArrayFile(path="odd.npz").load(tmp_path)
    np.testing.assert_array_equal(ArrayFile(path="odd.npz", inputs="p", targets="q").load(tmp_path).y, y)


def test_one_hot_rows_channels_first_and_numbers_that_are_none(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 3, 5, 4), np.uint8)
    np.savez(tmp_path / "a.npz", images=pixels, labels=np.eye(3, dtype=np.float32)[[0, 1, 2, 2, 1, 0]])
    samples = ArrayFile(path="a.npz", task="classification", channels="first").load(tmp_path)
    assert samples.y.tolist() == [0, 1, 2, 2, 1, 0]
    np.testing.assert_allclose(samples.x, pixels.transpose(0, 2, 3, 1) / 255, atol=1e-7)
    assert ArrayFile(path="a.npz", task="regression").load(tmp_path).y.shape == (6, 3)
    for bad in (np.nan, np.inf, 1e39):
        x = np.zeros((6, 2))
        x[4, 1] = bad
        np.savez(tmp_path / "b.npz", x=x, y=np.arange(6))
        with pytest.raises(DataError, match=r"b\.npz x: 1 samples hold .* sample 5"):
            ArrayFile(path="b.npz").load(tmp_path)


def test_pictures_in_folders(tmp_path: Path) -> None:
    for label, name in enumerate(("round", "square")):
        (tmp_path / "p" / name).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (9, 7), (100 * label, 50 * number, 0)).save(tmp_path / "p" / name / f"{number}.png")
    samples = ImageFolder(path="p", size=(8, 6)).load(tmp_path)
    assert samples.shape == (8, 6, 3)
    assert samples.class_names == ("round", "square")
    assert samples.y.tolist() == [0, 0, 0, 1, 1, 1]
    np.testing.assert_allclose(samples.x[4, 0, 0], [100 / 255, 50 / 255, 0], atol=1e-6)
    assert ImageFolder(path="p", size=(8, 6), grey=True).load(tmp_path).shape == (8, 6, 1)


def test_a_column_of_weights_is_no_input(tmp_path: Path) -> None:
    rows = "".join(f"{i / 2},{i % 5 + 0.25},{'uv'[i % 2]}\n" for i in range(30))
    (tmp_path / "t.csv").write_text("a,importance,kind\n" + rows)
    plain = TableFile(path="t.csv").load(tmp_path)
    assert plain.weights is None
    assert plain.feature_names == ("a", "importance")
    samples = TableFile(path="t.csv", weights="importance").load(tmp_path)
    assert samples.feature_names == ("a",)
    np.testing.assert_array_equal(samples.weights, np.arange(30, dtype=np.float32) % 5 + np.float32(0.25))
    (tmp_path / "minus.csv").write_text("a,importance,kind\n1,2,u\n2,-3,v\n3,1,u\n")
    with pytest.raises(DataError, match="'importance' holds the weight -3 in line 3; weights are numbers of at least 0"):
        TableFile(path="minus.csv", weights="importance").load(tmp_path)
    with pytest.raises(DataError, match="holds words such as 'u'; weights are numbers"):
        TableFile(path="t.csv", weights="kind", target="a").load(tmp_path)
    with pytest.raises(DataError, match="also the target"):
        TableFile(path="t.csv", weights="a", target="a").load(tmp_path)
