"""Servers that tests start for themselves: PostgreSQL, a Dask scheduler with workers, certificates for TLS."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path

import psutil

START_SECONDS = 60


class Missing(RuntimeError):
    """What a server needs is not installed; the text says what."""


class PostgreSQL:
    """A server in a folder of its own, reached by a Unix socket there. It does not run as root."""

    def __init__(self) -> None:
        self._bin = _postgresql_programs()
        self.user = next(name for name in ("postgres", "nobody") if _has_user(name))
        self.folder = Path(tempfile.mkdtemp(prefix="bnlab-pg-"))
        self.port = free_port()
        try:
            if os.getuid() == 0:
                shutil.chown(self.folder, self.user)
            self._run("initdb", "--auth=trust", "--username=bnlab", "--no-sync", "--pgdata", self.data)
            with (self.data / "postgresql.conf").open("a") as file:
                file.write(f"listen_addresses = ''\nport = {self.port}\nfsync = off\n")
                file.write(f"unix_socket_directories = '{self.folder}'\n")
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", "--pgdata", self.data, "--log", self.folder / "log")

    def stop(self) -> None:
        """As an administrator does it who does not wait for clients."""
        self._run("pg_ctl", "stop", "--mode=fast", "--pgdata", self.data)

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "stop", "--mode=immediate", "--pgdata", self.data)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://bnlab@/{database}?host={self.folder}&port={self.port}"

    def new_database(self, template: str = "template1") -> str:
        """The URL of a new database, a copy of ``template``."""
        import psycopg

        name = f"t{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return self.url(name)

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [str(self._bin / program), *map(str, arguments)]
        if os.getuid() == 0:
            command = [
                "setpriv",
                f"--reuid={self.user}",
                f"--regid={_group_of(self.user)}",
                "--clear-groups",
                *command,
            ]
        # Its output goes to a file: the server would keep a pipe open.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=START_SECONDS,
            )
            output.seek(0)
            done.stdout = output.read()
        done.check_returncode()


def _postgresql_programs() -> Path:
    places = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "pg_ctl").exists():
            return place
    raise Missing("PostgreSQL's server is not installed (Debian: postgresql)")


def _has_user(name: str) -> bool:
    with suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False


def _group_of(name: str) -> int:
    return pwd.getpwnam(name).pw_gid


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Dask:
    """A scheduler and workers as an administrator starts them: processes of their own.

    Parameters
    ----------
    folder : Path
        For scratch files, and for certificates.
    workers : int
        Processes with one thread each; Dask's nanny starts another one where one dies.
    tls : Path, optional
        A folder with ``ca.pem``, ``cert.pem`` and ``key.pem``.
    """

    def __init__(self, folder: Path, *, workers: int = 1, tls: Path | None = None):
        self.port = free_port()
        self.address = f"{'tls' if tls else 'tcp'}://127.0.0.1:{self.port}"
        secure = [f"--tls-ca-file={tls}/ca.pem", f"--tls-cert={tls}/cert.pem", f"--tls-key={tls}/key.pem"]
        secure = secure if tls else []
        self.environment = {
            **os.environ,
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",  # the second worker that dies is the last
            "DASK_TEMPORARY_DIRECTORY": str(folder),
        }
        self.log = (folder / "log").open("w+")
        self.scheduler = self._start("scheduler", "--host=127.0.0.1", f"--port={self.port}", *secure)
        self._secure, self.workers = secure, None
        if workers:
            self.start_workers(workers)

    def start_workers(self, count: int) -> None:
        self.workers = self._start(
            "worker", self.address, f"--nworkers={count}", "--nthreads=1", *self._secure
        )

    def _start(self, what: str, *arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard", *arguments]
        return subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log
        )

    def worker_at(self, address: str) -> psutil.Process:
        """The worker process that listens at ``address``."""
        port = int(address.rpartition(":")[2])
        for process in psutil.Process(self.workers.pid).children(recursive=True):
            with suppress(psutil.Error):
                if any(
                    c.status == psutil.CONN_LISTEN and c.laddr.port == port
                    for c in process.net_connections("tcp")
                ):
                    return process
        raise LookupError(address)

    def close(self) -> None:
        for process in filter(None, (self.workers, self.scheduler)):  # workers first: they would wait for it
            process.terminate()
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for child in children:
                with suppress(psutil.Error):
                    child.kill()
        self.log.close()


def certificates(folder: Path) -> Path:
    """An authority that trusts itself, and a certificate for both ends of a connection."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise Missing("openssl is not installed")

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)

    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run(
        "req",
        "-x509",
        *kind,
        "-keyout",
        "ca-key.pem",
        "-out",
        "ca.pem",
        "-subj",
        "/CN=authority",
        "-days",
        "2",
    )
    run("req", *kind, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=bnlab")
    run("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
        "-out", "cert.pem", "-days", "2")  # fmt: skip
    return folder
