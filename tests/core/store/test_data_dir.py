"""core.store.data_dir: the data directory, readable by its owner alone, and the lock of its one runner."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from core.errors import ConfigError
from core.store.data_dir import data_directory, only_runner
from tests.core.store.databases import mode


@pytest.mark.promise("K4")
@pytest.mark.usefixtures("_open_to_all")
def test_the_data_directory_is_created_for_its_owner_alone(tmp_path):
    """With its parents; one that was there is left as it is; else setting and cure are named."""
    path = tmp_path / "a" / "b"
    assert path == data_directory(path)
    assert 0o700 == mode(path)
    path.chmod(0o750)
    data_directory(path)
    assert 0o750 == mode(path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"DATA_DIR=.*file.*cannot be used.*set DATA_DIR"):
        data_directory(tmp_path / "file")


def test_a_second_runner_is_refused_and_told_the_pid(tmp_path):
    """One `run` per data directory; the first can be stopped; a longer pid leaves nothing behind."""
    for _ in range(2):
        with only_runner(tmp_path):
            refused = pytest.raises(ConfigError, match=rf"pid {os.getpid()}.*kill {os.getpid()}")
            with refused, only_runner(tmp_path):
                raise AssertionError("two runners")
            assert f"{os.getpid()}\n" == (tmp_path / "run.lock").read_text()
        assert 0o600 == mode(tmp_path / "run.lock")
        (tmp_path / "run.lock").write_text("12345678901234567890\n")


def test_a_killed_runner_holds_nothing(tmp_path):
    """The lock vanishes with the process: no stale lock ever has to be removed by hand."""
    code = (
        "import sys, pathlib, time; from core.store.data_dir import only_runner\n"
        f"with only_runner(pathlib.Path({str(tmp_path)!r})): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()
        with pytest.raises(ConfigError, match=re.escape(f"pid {process.pid}")), only_runner(tmp_path):
            raise AssertionError("two runners")
        process.send_signal(signal.SIGKILL)
        process.wait()

    with only_runner(tmp_path):
        pass
