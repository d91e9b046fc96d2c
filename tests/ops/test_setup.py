import subprocess
import sys
from pathlib import Path

import pytest

from unisson.resources import CHECKOUT

TOOLS = CHECKOUT / "tools"
sys.path.insert(0, str(TOOLS))  # these run before there is an environment, so they are in no package

import assets  # noqa: E402 - after the line above
import setup  # noqa: E402 - as above
import steps  # noqa: E402 - as above


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 18), (3, 10, 13)])
def test_an_old_python_gets_one_sentence(version):
    sentence = setup.refusal(version)
    assert sentence.startswith("Unisson needs Python 3.11 or newer and this is ")
    assert ".".join(map(str, version)) in sentence


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 13, 2), (4, 0, 0)])
def test_a_recent_python_goes_on(version):
    assert not setup.refusal(version)


def test_an_old_python_can_read_the_file_that_refuses_it():
    tree = compile((TOOLS / "setup.py").read_text(), "setup.py", "exec", flags=0x400, _feature_version=4)
    assert tree is not None


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "is full"),
        ("npm error code ENOSPC", "is full"),
        ("NewConnectionError: Failed to establish a new connection: [Errno -3]", "cannot be reached"),
        ("npm error code EAI_AGAIN", "cannot be reached"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE: they do not match", "not the one"),
        ("error: subprocess-exited-with-error", "subprocess-exited-with-error"),
    ],
)
def test_what_usually_goes_wrong_is_one_sentence(said, sentence):
    reason = steps.reason(said, ["pip", "install"])
    assert sentence in reason
    assert "\n" not in reason


def test_only_what_changed_is_done_again(tmp_path):
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml", "package-lock.json"):
        (tmp_path / name).write_text("one")
    before = steps.fingerprints(tmp_path)
    (tmp_path / "package-lock.json").write_text("two")
    after = steps.fingerprints(tmp_path)
    assert {key for key in before if before[key] != after[key]} == {"assets"}


def test_a_stamp_cut_short_counts_as_none(tmp_path):
    (tmp_path / "stamp").write_text('{"base": "a')
    assert steps.read_stamp(tmp_path / "stamp") == {}


def test_a_sprite_holds_each_icon_by_name(tmp_path):
    (tmp_path / "x.svg").write_text('<!-- licence -->\n<svg\n class="x"\n>\n  <path d="M1 1" />\n</svg>\n')
    assert '<symbol id="x" viewBox="0 0 24 24"' in assets.sprite(tmp_path, ["x"])
    assert '<path d="M1 1" /></symbol>' in assets.sprite(tmp_path, ["x"])


def test_a_folder_that_is_no_environment_of_ours_is_refused(tmp_path):
    copy = tmp_path / "checkout"
    (copy / "tools").mkdir(parents=True)
    for name in ("setup.py", "steps.py"):
        (copy / "tools" / name).write_text((TOOLS / name).read_text())
    (copy / ".venv").mkdir()
    command = [sys.executable, str(copy / "tools" / "setup.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "is not a Python environment of this project" in done.stderr
    assert Path(copy / ".venv").is_dir()
