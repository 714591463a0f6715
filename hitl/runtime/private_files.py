"""Small files that only their owner may read: passwords, keys, state."""

import os
import secrets
import tempfile
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write the whole file or nothing, readable by its owner alone from its first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def kept_secret(path: Path, *, bytes_of_entropy: int = 32) -> str:
    """The secret in this file; a random one is made the first time."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        write_private(draft, secrets.token_urlsafe(bytes_of_entropy))
        try:
            os.link(draft, path)  # of several at once, one wins and all read its secret
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
