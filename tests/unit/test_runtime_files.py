"""Private files and locks of the runtime."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hitl.runtime import private_files
from hitl.runtime.locks import FileLock
from hitl.runtime.private_files import kept_secret, write_private


def test_many_first_askers_get_one_secret_and_leave_no_draft(tmp_path: Path) -> None:
    for n in range(30):
        file = tmp_path / f"secret{n}"
        with ThreadPoolExecutor(8) as pool:
            secrets = set(pool.map(lambda _, f=file: kept_secret(f), range(8)))
        assert len(secrets) == 1
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(list(tmp_path.iterdir())) == 30


def test_a_write_that_fails_leaves_the_old_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    write_private(file, "old")

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(private_files.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_private(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_lock_has_one_owner_or_many_guests(tmp_path: Path) -> None:
    first, second, third = (FileLock(tmp_path / "lock") for _ in range(3))
    assert first.acquire()
    assert not second.acquire()
    assert not second.acquire(shared=True)
    first.release()
    assert second.acquire(shared=True)
    assert third.acquire(shared=True)
    assert not first.acquire()
    for guest in (second, third):
        guest.release()
    assert first.acquire()
    first.release()
