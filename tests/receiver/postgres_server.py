"""A PostgreSQL server of the tests' own, in a folder that goes away with it."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
_USER = "postgres"


def missing() -> str:
    """Why no server can be started here; empty when one can."""
    if importlib.util.find_spec("psycopg") is None:
        return "the extra `postgres` is not installed"
    if not (PROGRAMS / "initdb").exists():
        return f"the PostgreSQL server programs are not in {PROGRAMS}"
    if os.geteuid() == 0 and not shutil.which("runuser"):
        return "runuser is absent, and PostgreSQL does not run as root"
    return ""


class Cluster:
    """A server on a unix socket in a temporary folder; started, stopped and killed at will.

    Attributes:
        environment: Variables that the server gets besides ours.
    """

    def __init__(self, folder: Path) -> None:
        self.environment: dict[str, str] = {}
        self.folder = folder
        self.data = folder / "data"
        self._owner: list[str] = []
        if os.geteuid() == 0:
            name = _owner()
            os.chown(folder, pwd.getpwnam(name).pw_uid, -1)
            self._owner = ["runuser", "-u", name, "--"]
        self._run("initdb", "-D", str(self.data), "-U", _USER, "-A", "trust", "-E", "UTF8", "-N")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(
                f"listen_addresses = ''\nunix_socket_directories = '{folder}'\n"
                "shared_buffers = 64MB\nmax_connections = 50\n"
            )

    def url(self, database: str = "postgres") -> str:
        """Location of a database for `Inbox`."""
        return f"postgresql://{_USER}@/{database}?host={self.folder}"

    def empty(self) -> str:
        """The one database that tests share, with nothing in it; its location."""
        import psycopg  # noqa: PLC0415  an extra: `missing` has looked whether it is there

        with psycopg.connect(host=str(self.folder), user=_USER, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return self.url()

    def create(self, database: str) -> str:
        """A new database; its location."""
        self._run("createdb", "-h", str(self.folder), "-U", _USER, database)
        return self.url(database)

    def start(self) -> None:
        """Start, and wait until it answers."""
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.data), "-l", log, "-w", "-t", "120", "start")

    def stop(self) -> None:
        """Stop at once, connections and all, as an administrator would."""
        self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "-t", "120", "stop")

    def copy_to(self, target: Path) -> None:
        """Its files as they are now, to another folder of its user; it must not run."""
        self._run_program("cp", "-a", str(self.data), str(target))

    def replace_with(self, source: Path) -> None:
        """Other files in the place of its own; it must not run."""
        self._run_program("rm", "-rf", str(self.data))
        self._run_program("cp", "-a", str(source), str(self.data))
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def kill(self) -> None:
        """Kill -9 of the server and all its children."""
        main = int((self.data / "postmaster.pid").read_text().split()[0])
        listing = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(main)], capture_output=True, text=True, check=False
        )
        for number in (main, *map(int, listing.stdout.split())):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        while Path(f"/proc/{main}").exists():
            time.sleep(0.01)

    def is_running(self) -> bool:
        """Whether it answers."""
        return self._code("pg_ctl", "-D", str(self.data), "status") == 0

    def _code(self, program: str, *arguments: str) -> int:
        return self._call(str(PROGRAMS / program), *arguments)

    def _call(self, *command: str) -> int:
        return subprocess.run(
            [*self._owner, *command],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        ).returncode

    def _run(self, program: str, *arguments: str) -> None:
        self._run_program(str(PROGRAMS / program), *arguments)

    def _run_program(self, *command: str) -> None:
        code = self._call(*command)
        assert code == 0, f"{command[0]} ended with {code}"


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A running server that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wb-pg-") as folder:
        Path(folder).chmod(0o755)
        server = Cluster(Path(folder))
        server.start()
        try:
            yield server
        finally:
            if server.is_running():
                server._run("pg_ctl", "-D", str(server.data), "-m", "immediate", "-w", "stop")


def _owner() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
