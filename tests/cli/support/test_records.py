"""Records, and atomic file writes."""

import sys
from errno import ENOSPC
from pathlib import Path

import pytest

from cli.support.failure import CommandFailed
from cli.support.records import atomic_write


@pytest.mark.skipif(sys.platform == "win32", reason="a link needs a right on Windows")
def test_a_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    """A failure leaves the file unchanged, with no leftovers next to it."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("before", encoding="utf-8")
    link.symlink_to(real)

    def fill_the_disk() -> None:
        with atomic_write(link) as part:
            part.write_text("half", encoding="utf-8")
            raise OSError(ENOSPC, "No space left on device")

    with pytest.raises(CommandFailed, match="link was not written: No space left"):
        fill_the_disk()
    assert (real.read_text(encoding="utf-8"), sorted(tmp_path.iterdir())) == ("before", [link, real])
    with atomic_write(link) as part:
        part.write_text("after", encoding="utf-8")
    assert (link.is_symlink(), real.read_text(encoding="utf-8")) == (True, "after")
    real.unlink()
    real.symlink_to(link)  # each leads to the other
    with atomic_write(link) as part:
        part.write_text("again", encoding="utf-8")
    assert link.read_text(encoding="utf-8") == "again"
