"""A private PostgreSQL: a folder of its own that is removed, and a socket in it. No port, no network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from .process import ends_with_tests, until

DEBIAN = "/usr/lib/postgresql"
"""Where Debian has the versions of PostgreSQL, each in a folder; the programs are not in the PATH."""


def program(name: str) -> str:
    """A program of the newest PostgreSQL that is there."""
    versions = sorted(Path(DEBIAN).glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = shutil.which(name) or (str(versions[-1]) if versions else None)
    if found is None:
        raise FileNotFoundError(f"there is no {name}. Please install PostgreSQL (Debian: postgresql)")
    return found


class Postgres:
    """A server that runs. It does not run as root: root starts it as `nobody`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="jq-postgres-"))
        self._user = "nobody" if os.geteuid() == 0 else None
        owner = pwd.getpwnam(self._user) if self._user else pwd.getpwuid(os.geteuid())
        os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        # Debian's initdb stands in no folder of the PATH, and finds the server beside itself.
        self._run(
            "initdb",
            "--auth=trust",
            "--username=app",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "-D",
            str(self._data),
        )
        log = (self.folder / "log").open("ab")
        command = [program("postgres"), "-D", str(self._data), "-k", str(self.folder), "-c", "listen_addresses=", "-F"]
        self._process = subprocess.Popen(
            command, cwd=self.folder, user=self._user, stdout=log, stderr=log, preexec_fn=ends_with_tests
        )
        log.close()
        until(self._answers, "PostgreSQL does not answer", 60)

    @property
    def url(self) -> str:
        """Its address."""
        return f"postgresql://app@/postgres?host={self.folder}"

    def connect(self) -> psycopg.Connection[Any]:
        """A connection; each statement is a transaction."""
        return psycopg.connect(self.url, autocommit=True)

    def value(self, query: str) -> Any:
        """The first value that a query gives."""
        with self.connect() as connection:
            row = connection.execute(query).fetchone()
            return row and row[0]

    def stop(self) -> None:
        """Ends it, and removes its folder."""
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self.folder)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, name: str, *words: str) -> None:
        ran = subprocess.run([program(name), *words], cwd=self.folder, user=self._user, capture_output=True, text=True)
        if ran.returncode:
            raise RuntimeError(f"{name} failed:\n{ran.stdout}{ran.stderr}")

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended at once:\n{(self.folder / 'log').read_text()}")
        try:
            return self.value("SELECT 1") == 1
        except psycopg.OperationalError:
            return False
