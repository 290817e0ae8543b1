"""Hidden cases and mutants on their way to a worker: a reproducible archive and its digest."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bundle:
    """The files of some folders. Equal folders give equal bundles."""

    digest: str
    archive: bytes

    @classmethod
    def of(cls, **folders: Path) -> Bundle:
        """The Python and points files in each folder, below the name under which it is given."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, folder in sorted(folders.items()):
                for path in sorted(folder.iterdir()):
                    if path.suffix in (".py", ".toml"):
                        archive.writestr(zipfile.ZipInfo(f"{name}/{path.name}"), path.read_bytes())
        return cls(hashlib.sha256(buffer.getvalue()).hexdigest(), buffer.getvalue())

    def unpack(self, folder: Path) -> None:
        """Write the files into ``folder``. Raises ValueError if the archive is not what its digest says."""
        if hashlib.sha256(self.archive).hexdigest() != self.digest:
            raise ValueError("the bundle was damaged on its way")
        with zipfile.ZipFile(io.BytesIO(self.archive)) as archive:
            archive.extractall(folder)
