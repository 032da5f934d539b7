"""Files of the user: what is read, and what is refused."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from csto_graph import errors, files


def test_text_is_read_as_it_stands(tmp_path: Path) -> None:
    """Line ends, marks and odd separators stay: each counts as a code point."""
    text = "\ufeffa\r\nb\u2028c\u0000"
    path = tmp_path / "text.txt"
    path.write_bytes(text.encode())
    assert files.read_text(path) == text


def test_unreadable_texts(tmp_path: Path) -> None:
    """Missing, a folder, no file, not UTF-8 (with its line): one message with its name, and no waiting."""
    wrong, pipe, port = tmp_path / "wrong.txt", tmp_path / "pipe", tmp_path / "port"
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


def test_too_much(tmp_path: Path) -> None:
    """A text that is larger than allowed is not read to its end."""
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    with pytest.raises(errors.LimitReached, match=r"large\.txt is larger than 16 MiB"):
        files.read_text(large)


def test_what_is_open_already() -> None:
    """A pipe that the shell made is read to its end, also where it comes in pieces."""
    read, write = os.pipe()
    with os.fdopen(write, "w") as end, os.fdopen(read):
        end.write("ASK { }")
        end.close()
        assert files.read_text(f"/dev/fd/{read}") == "ASK { }"
