"""`playground replay`: what `playground train` and the window left, done again."""

from __future__ import annotations

import json


def test_what_train_left_is_done_again(command, iris, tmp_path):
    code, _ = command("train", iris, "--epochs", 4, "--out", tmp_path / "out")
    assert code == 0
    code, events = command("replay", tmp_path / "out")
    (event,) = [event for event in events if event["event"] == "replayed"]
    assert (code, event["equal"], event["steps"]) == (0, True, 32)
    assert event["state_sha256"] == event["expected"]


def test_a_changed_record_is_told_with_an_exit_code(command, iris, tmp_path):
    command("train", iris, "--epochs", 2, "--out", tmp_path / "out")
    path = tmp_path / "out" / "run.json"
    body = json.loads(path.read_text())
    body["journal"].insert(1, {"serial": 9, "step": 3, "kind": "knob", "what": "rate", "before": 0.1, "after": 0.5, "note": ""})
    path.write_text(json.dumps(body))
    code, events = command("replay", path)
    (event,) = [event for event in events if event["event"] == "replayed"]
    assert (code, event["equal"]) == (1, False)
    body["journal"][1]["what"] = "nothing"
    path.write_text(json.dumps(body))
    code, events = command("replay", path)
    assert code == 2
    assert any("no knob called" in str(event) for event in events)
    code, _ = command("replay", tmp_path / "nowhere")
    assert code != 0
