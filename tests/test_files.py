"""Files of the user: what is read and what is refused; written whole or not at all."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from csto_graph import errors, files

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_text_is_read_as_it_stands(tmp_path: Path) -> None:
    """Line ends, marks and odd separators stay: each counts as a code point; a pipe of the shell is read to its end."""
    text = "\ufeffa\r\nb\u2028c\u0000"
    path = tmp_path / "text.txt"
    path.write_bytes(text.encode())
    assert files.read_text(path) == text
    read, write = os.pipe()
    with os.fdopen(write, "w") as end, os.fdopen(read):
        end.write("ASK { }")
        end.close()
        assert files.read_text(f"/dev/fd/{read}") == "ASK { }"


def test_unreadable_texts(tmp_path: Path) -> None:
    """Missing, a folder, no file, not UTF-8 (with its line), too large: one message with its name, and no waiting."""
    wrong, pipe, port, large = (tmp_path / name for name in ("wrong.txt", "pipe", "port", "large.txt"))
    wrong.write_bytes(b"good\ngood\nb\xe4d\n")
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(port))
        for path, message in (
            (tmp_path / "none.txt", "cannot be read: No such"), (tmp_path, "cannot be read: Is a directory"),
            (wrong, r"wrong\.txt:3: is not UTF-8"), (pipe, "no regular file"), (port, "cannot be read"),
            (Path("/dev/zero"), "no regular file"), (Path("a\0b"), "cannot be read"),
        ):  # fmt: skip
            with pytest.raises(errors.InputError, match=message) as caught:
                files.read_text(path)
            assert caught.value.path == str(path)
            assert caught.value.exit_code == 3
    with large.open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    with pytest.raises(errors.LimitReached, match=r"large\.txt is larger than 16 MiB"):
        files.read_text(large)


def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    """An existing file keeps its mode; a link stays a link and its target is written; a new file obeys the umask."""
    target, link, fresh = tmp_path / "x", tmp_path / "link", tmp_path / "fresh"
    target.write_text("old")
    target.chmod(0o604)
    link.symlink_to("x")
    files.write(link, ["a\n", "é\r\n"])
    assert link.is_symlink()
    assert target.read_bytes() == "a\né\r\n".encode()
    assert stat.S_IMODE(target.stat().st_mode) == 0o604
    before = os.umask(0o027)
    try:
        files.write(fresh, ["new"])
    finally:
        os.umask(before)
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o640
    (tmp_path / "hanging").symlink_to("not-yet")
    files.write(tmp_path / "hanging", ["new"])
    assert (tmp_path / "not-yet").read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["fresh", "hanging", "link", "not-yet", "x"]


@pytest.mark.parametrize("error", [errors.LimitReached("stop", limit="2 s"), KeyboardInterrupt("stop")])
def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path, error: BaseException) -> None:
    """What the maker of the text raises passes through; what stood there stands."""
    target = tmp_path / "x"
    target.write_text("old")

    def broken() -> Iterator[str]:
        yield "half"
        raise error

    with pytest.raises(type(error), match="stop"):
        files.write(target, broken())
    with pytest.raises(errors.OutputError, match="surrogate"):
        files.write(target, ["half", "\ud800"])
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["x"]


def test_text_and_name_are_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the text, then the folder that holds the new name; one that cannot be told to be on disk is no fault."""
    synced: list[object] = []

    def sync(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode) and sorted(os.listdir(tmp_path)))
        if len(synced) > 1:
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(files.os, "fsync", sync)
    files.write(tmp_path / "x", ["text"])
    assert synced == [False, ["x"]]


def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing folder, folder, file as folder, overlong name, NUL, not allowed, full: each named with its path."""
    file = tmp_path / "file"
    file.write_text("x")
    for path, words in [
        (tmp_path / "no" / "x", "no such file or directory"), (tmp_path, "is a directory"), (file / "x", "not a dir"),
        (tmp_path / ("x" * 300), "too long"), (Path(str(tmp_path) + "/a\0b"), "null"),
    ]:  # fmt: skip
        with pytest.raises(errors.OutputError, match=words) as caught:
            files.write(path, ["text"])
        assert caught.value.path == str(path)
    with monkeypatch.context() as patched:
        patched.setattr(files.os, "access", lambda *_: False)
        with pytest.raises(errors.OutputError, match="permission denied"):
            files.write(file, ["new"])
    monkeypatch.setattr(files.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(errors.OutputError, match="no space left"):
        files.write(file, ["text"])
    assert file.read_text() == "x"
    assert os.listdir(tmp_path) == ["file"]


def test_devices_and_pipes_are_written_directly(tmp_path: Path) -> None:
    """Standard output by its path, a pipe or a file that is added to."""
    code = "from pathlib import Path; from csto_graph import files; files.write(Path('/dev/stdout'), ['a', 'b'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=ENVIRONMENT)
    assert done.stdout == b"ab"
    log = tmp_path / "log"
    log.write_text("before ")
    with log.open("a") as stream:
        subprocess.run([sys.executable, "-c", code], stdout=stream, check=True, env=ENVIRONMENT)
    assert log.read_text() == "before ab"
