"""Ways to damage a file: blindly in its bytes, and knowingly in what its bytes mean, with lengths and checksums right again."""

from __future__ import annotations

import copy
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.data_readers.mutants import damage

Mutation = Callable[[bytes, random.Random], bytes]

#: What may stand where something else is expected.
WRONG: tuple[Any, ...] = (
    None, True, False, -1, 0, 0.5, 1e300, -1e300, 2**31, 2**63, 2**80, "", "no such thing", "\a", "\ud83d\ude42", "../up", "/etc/passwd", "9" * 5000,
    "x" * 5000, [], {}, [[]], [None], {"a": 1}, [1, 2, 3], "1e999", "٣",
)  # fmt: skip


def _places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*at, key)
        yield from _places(value, (*at, key))


def changed(data: Any, rng: random.Random) -> Any:
    """A JSON value with one to three places taken away, replaced, doubled or renamed."""
    made = copy.deepcopy(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = list(_places(made))
        if not places:
            return rng.choice(WRONG)
        place = rng.choice(places)
        owner = made
        for key in place[:-1]:
            owner = owner[key]
        key, kind = place[-1], rng.randrange(8)
        if kind == 0:
            del owner[key]
        elif kind == 1 and isinstance(owner, dict):
            owner[rng.choice(("", "a", "__class__", key + "x", "x" * 600))] = owner.pop(key)
        elif kind == 2 and isinstance(owner, list):
            owner.extend(copy.deepcopy(owner[key : key + 1]) * rng.choice((1, 200)))
        elif kind == 3 and isinstance(owner[key], int | float) and not isinstance(owner[key], bool):
            owner[key] = rng.choice((-owner[key], owner[key] + 1, owner[key] * 10**9, owner[key] + 0.5, 0))
        else:
            owner[key] = copy.deepcopy(rng.choice(WRONG))
    return made


def json_file(data: bytes, rng: random.Random) -> bytes:
    """JSON with wrong values, or nested too deeply, or with a number that is none."""
    kind = rng.randrange(12)
    if kind == 0:
        return b"[" * rng.choice((100, 100_000)) + data
    text = json.dumps(changed(json.loads(data), rng)).encode("utf-8", "surrogatepass")
    if kind == 1:
        return text.replace(b"1", rng.choice((b"NaN", b"1e999", b"-Infinity", b"1" * 5000)), 1)
    return text


def safetensors_file(data: bytes, rng: random.Random) -> bytes:
    """A header that says something else, of the right length."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    about = header.get("__metadata__", {})
    if about and rng.random() < 0.6:  # the metadata hold JSON in texts
        key = rng.choice(sorted(about))
        try:
            about[key] = json_file(about[key].encode(), rng).decode("utf-8", "replace")
        except ValueError:
            about[key] = str(rng.choice(WRONG))
    elif rng.random() < 0.3:
        name = rng.choice([name for name in header if name != "__metadata__"])
        header[name]["dtype"] = rng.choice(("F64", "I64", "BF16", "F8_E4M3", "U8", "BOOL", "F16", "C64", "F4"))
    else:
        header = changed(header, rng)
    text = json.dumps(header).encode()
    body = data[8 + size :]
    if rng.random() < 0.3:  # numbers that are none
        numbers = np.frombuffer(body[: len(body) // 4 * 4], np.float32).copy()
        numbers[rng.randrange(len(numbers))] = rng.choice((np.nan, np.inf, -np.inf, 1e38, -0.0))
        body = numbers.tobytes() + body[len(body) // 4 * 4 :]
    return len(text).to_bytes(8, "little") + text + body


def zip_file(data: bytes, rng: random.Random) -> bytes:
    """One member damaged, with the checksums of a good archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w") as after:
        names = before.namelist()
        chosen = rng.choice(names)
        for info in before.infolist():
            content, name = before.read(info), info.filename
            if info.filename == chosen:
                kind = rng.randrange(5)
                if kind == 0:
                    continue
                if kind == 1:
                    name = rng.choice(("../" + name, "a" * 300, name.upper(), name[:-1], "é.npy", "x.npy"))
                elif name.endswith(".npy") and kind < 4:
                    content = npy_file(content, rng)
                elif name.endswith(".json") and kind < 4:
                    content = json_file(content, rng)
                elif name.endswith(".safetensors") and kind < 4:
                    content = safetensors_file(content, rng)
                else:
                    content = damage(content, rng)
            after.writestr(name, content, compress_type=rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
            if rng.random() < 0.02:
                break
    return out.getvalue()


def npy_file(data: bytes, rng: random.Random) -> bytes:
    """An array's header with another type or shape, of the right length."""
    size = struct.unpack("<H", data[8:10])[0]
    kinds = ("'<f8'", "'|O'", "'<U5'", "'<c8'", "'|V7'", "[('a','<f4')]", "'<M8[s]'", "'>f4'", "'|b1'", "'<i8'", "'no'", "3")
    shapes = ("()", "(1,)", "(0,)", "(-1,)", "(2**40,)", "(10**13,)", "(99999999999999999999,)", "('a',)", "None", "(1,)*40")
    text = rng.choice(
        (
            f"{{'descr': {rng.choice(kinds)}, 'fortran_order': False, 'shape': {rng.choice(shapes)}, }}",
            f"{{'descr': '<f4', 'fortran_order': {rng.choice(('True', '1', 'None'))}, 'shape': {rng.choice(shapes)}, }}",
            data[10 : 10 + size].decode("latin-1").replace("<f4", rng.choice(("<f8", ">f4", "|O", "<i4", "<U1"))),
            "__import__('os').system('true')",
            "(" * rng.choice((50, 5000)),
            "{'descr': '<f4', 'shape': (1,)}",
            "{" * 9,
        )
    ).encode("latin-1")
    if rng.random() < 0.3:
        return damage(data, rng)
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    if len(text) > 65_535:
        return data[:6] + b"\2\0" + struct.pack("<I", len(text)) + text + data[10 + size :]
    return data[:8] + struct.pack("<H", len(text)) + text + data[10 + size :]


def onnx_file(data: bytes, rng: random.Random) -> bytes:
    """A model whose fields say something else: any field of any message in it, at any depth."""
    import onnx

    model = onnx.load_model_from_string(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        messages = list(_messages(model))
        message = rng.choice(messages)
        fields = message.DESCRIPTOR.fields
        field = (
            rng.choice([field for field, _ in message.ListFields()] or list(fields))
            if rng.random() < 0.8
            else rng.choice(list(fields))
        )
        try:
            _spoil(message, field, rng)
        except (TypeError, ValueError, AttributeError, OverflowError):
            message.ClearField(field.name)
    return bytes(model.SerializePartialToString())


def _messages(message: Any) -> Iterator[Any]:
    yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for each in value if _repeated(field) else [value]:
                yield from _messages(each)


def _repeated(field: Any) -> bool:
    return bool(getattr(field, "is_repeated", None) if hasattr(field, "is_repeated") else field.label == 3)


def _spoil(message: Any, field: Any, rng: random.Random) -> None:
    numbers = (0, 1, -1, 2, 7, 2**31 - 1, -(2**31), 2**40, 2**62)
    wrong: Any
    if field.message_type is not None:
        wrong = None
    elif field.type in (9, 12):  # text, bytes
        texts = (
            "",
            "Loop",
            "If",
            "Gemm",
            "Relu",
            "input",
            "x" * 300,
            "../up",
            "com.evil",
            "Scan",
            "Einsum",
            "RandomNormal",
            "../../etc/passwd",
        )
        wrong = rng.choice(texts)
        wrong = wrong.encode() if field.type == 12 else wrong
    elif field.type in (1, 2):
        wrong = rng.choice((0.0, -1.0, 1e30, float("nan"), float("inf")))
    else:
        wrong = rng.choice(numbers)
    if not _repeated(field):
        message.ClearField(field.name) if wrong is None or rng.random() < 0.15 else setattr(message, field.name, wrong)
        return
    values = getattr(message, field.name)
    kind = rng.randrange(4)
    if not len(values) and wrong is not None:
        values.append(wrong)
    elif kind == 0 and len(values):
        del values[rng.randrange(len(values))]
    elif kind == 1 and len(values):
        values.extend([copy.deepcopy(values[rng.randrange(len(values))])] * rng.choice((1, 30)))
    elif wrong is not None and len(values):
        values[rng.randrange(len(values))] = wrong
    else:
        message.ClearField(field.name)


def ini_file(data: bytes, rng: random.Random) -> bytes:
    """A line of settings whose value is another one."""
    lines = data.split(b"\n")
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines))
        key, sign, value = lines[at].partition(b"=")
        value = rng.choice(
            (b"", b"9" * 5000, b"-1", b"nan", b"[[", b"[" * 100_000, b"{}", b"[1, 2]", b'{"panels": 3}', b'[{"name": 1}]', b"@ByteArray()",
             b"@ByteArray(\\0\\0\\0\\xff" + rng.randbytes(rng.randrange(60)).hex().encode() + b")", b"@Variant(\\0\\0\\0\\x7f\\xff\\xff\\xff\\xff)",
             b"@Rect(1 2 3)", b"@Size(9)", b"@Invalid()", b"a, b, c", b'"a;b"', b"\\x", "漢".encode(), b"zh_CN", b"dark", damage(value or b"1", rng))
        )  # fmt: skip
        lines[at] = key + (sign or b"=") + value.replace(b"\n", b" ")
    return b"\n".join(lines)
