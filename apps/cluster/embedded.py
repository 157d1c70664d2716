"""The embedded cluster: all its servers up, down, looked at, or gone."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from apps.cluster import etcd, groups, patroni, postgres, processes, programs, valkey
from apps.cluster import plan as plans
from apps.cluster.errors import ClusterError
from apps.cluster.plan import Plan, Shape

BYTES_A_SERVER = 120 * 2**20
# What `destroy` removes, and what may lie beside it when a cluster is first made.
OURS = {"cluster.json", "cluster.json.new", "lock", "pg", "valkey", "etcd", "secret_key"}
OURS |= {"media", "static", "beat", "run"}
BESIDE = {"tests", "run-lock", "lost+found"}
# pg_ctl hands its paths to a shell, between double quotes.
UNQUOTABLE = set('"$`\\\n')
Say = Callable[[str], None]


@dataclass
class Cluster:
    """The servers under `home`. `extra` are PostgreSQL settings beside our own."""

    home: Path
    say: Say
    extra: dict[str, str]

    def up(self, shape: Shape | None = None, *, new_ports: bool = False) -> Plan:
        """Make what is missing and start what does not run. Raises ClusterError."""
        with self._locked():
            programs.postgres_version()
            plan = self._plan(shape or Shape(), new_ports)
            servers = self._servers(plan)
            self._check_room(servers)
            self._check_ports(plan, servers)
            plans.save(self.home, plan)
            self._start_postgres(plan, servers)
            self._start_valkey(plan)
        return plan

    def grow(self, shards: int) -> Plan:
        """Add empty shards until there are as many; the others go on. Raises ClusterError."""
        with self._locked():
            plan = plans.grown(self._existing(), shards)
            servers = self._servers(plan)
            self._check_room(servers)
            plans.save(self.home, plan)
            self._start_postgres(plan, servers)
        return plan

    def down(self) -> None:
        """Stop what runs: replicas first, so that they have all that their primaries wrote."""
        with self._locked():
            plan = self._existing()
            valkey.Server(self.home, plan).stop()
            if plan.is_ha:
                groups.stop(self.home, plan, self._members(plan))
            else:
                self._stop_postgres(plan)
            self.say("The cluster is down. Its data stays.")

    def destroy(self) -> None:
        """Stop all and remove all data."""
        self.down()
        for name in sorted(OURS):
            path = self.home / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        left = sorted(path.name for path in self.home.iterdir())
        if left:
            self.say(f"Left in {self.home}, not ours: {', '.join(left)}")
        else:
            self.home.rmdir()

    def plan(self) -> Plan | None:
        """Return the plan, None before the first `up`."""
        return plans.load(self.home)

    def servers(self) -> list[postgres.Server]:
        """Return the PostgreSQL servers of the plan, running or not."""
        return list(self._servers(self._existing()).values())

    def members(self) -> list[patroni.Member]:
        """Return the servers of an HA plan, each with its Patroni."""
        return self._members(self._existing())

    def etcd(self) -> list[etcd.Server]:
        """Return the etcd servers of an HA plan."""
        return etcd.servers(self.home, self._existing())

    def valkey(self) -> valkey.Server:
        """Return the Valkey server of the plan, running or not."""
        return valkey.Server(self.home, self._existing())

    def is_up(self) -> bool:
        """Whether every server of the plan runs."""
        plan = self.plan()
        return plan is not None and all(self._running(plan))

    def runs_at_all(self) -> bool:
        """Whether any server of the plan runs."""
        plan = self.plan()
        return plan is not None and any(self._running(plan))

    def _running(self, plan: Plan) -> list[bool]:
        found = [server.process for server in self._servers(plan).values()]
        found.append(valkey.Server(self.home, plan).process)
        found += [server.process for server in etcd.servers(self.home, plan)]
        if plan.is_ha:
            found += [member.agent for member in self._members(plan)]
        return [process is not None for process in found]

    def _existing(self) -> Plan:
        plan = self.plan()
        if plan is None:
            raise ClusterError(f"No cluster is under {self.home}. Run `manage.py cluster up`.")
        return plan

    def _servers(self, plan: Plan) -> dict[str, postgres.Server]:
        kind = patroni.Member if plan.is_ha else postgres.Server
        return {node.name: kind(self.home, plan, node, self.extra) for node in plan.nodes}

    def _members(self, plan: Plan) -> list[patroni.Member]:
        return [patroni.Member(self.home, plan, node, self.extra) for node in plan.nodes]

    def _plan(self, shape: Shape, new_ports: bool) -> Plan:
        plan = self.plan()
        if plan is None:
            if (self.home / "pg").exists() and any((self.home / "pg").iterdir()):
                raise ClusterError(
                    f"{self.home / 'pg'} holds data, but cluster.json, which has their password "
                    f"and ports, is gone. Restore it, or move the folder away."
                )
            self._check_folder()
            if shape.ha:
                patroni.check()
            return plans.new(shape)
        if new_ports:
            if any(self._running(plan)):
                raise ClusterError("Ports change while nothing runs: `cluster down` first.")
            return plans.with_new_ports(plan)
        return plan

    def _check_folder(self) -> None:
        """Refuse a folder of other things: `destroy` removes what has a name of ours."""
        if bad := UNQUOTABLE & set(str(self.home)):
            raise ClusterError(
                f"PostgreSQL cannot run in {self.home}: its name has {' '.join(sorted(bad))}. "
                f"Let ROOKERY_HOME name another folder."
            )
        names = {path.name for path in self.home.iterdir() if not path.name.startswith(".")}
        foreign = {n for n in names - OURS - BESIDE if not n.startswith("secret_key.")}
        if foreign:
            raise ClusterError(
                f"{self.home} holds other things ({', '.join(sorted(foreign)[:3])}). "
                f"Let ROOKERY_HOME name a new or an empty folder."
            )

    def _check_room(self, servers: dict[str, postgres.Server]) -> None:
        missing = sum(not server.is_made for server in servers.values())
        free = shutil.disk_usage(self.home).free
        if missing and free < missing * BYTES_A_SERVER:
            need = missing * BYTES_A_SERVER >> 20
            raise ClusterError(
                f"The disk of {self.home} has {free >> 20} MB free; {missing} servers need {need} "
                f"MB. Free some space, or let ROOKERY_HOME name a folder on another disk."
            )

    def _check_ports(self, plan: Plan, servers: dict[str, postgres.Server]) -> None:
        idle = {name: server.node.port for name, server in servers.items() if not server.process}
        if not valkey.Server(self.home, plan).process:
            idle["valkey"] = plan.valkey_port
        for one in etcd.servers(self.home, plan):
            if not one.process:
                idle |= dict(
                    zip((one.name, f"{one.name} (peers)"), plan.etcd_ports[one.number], strict=True)
                )
        for member in self._members(plan) if plan.is_ha else []:
            if not member.agent:
                idle[f"{member.node.name}'s Patroni"] = member.node.api_port
        for name, port in idle.items():
            if not processes.wait_for(partial(plans.is_free, port), 3):
                raise ClusterError(
                    f"Port {port} of {name} is held by another program. Stop that program, or run "
                    f"`manage.py cluster up --new-ports`."
                )

    def _start_postgres(self, plan: Plan, servers: dict[str, postgres.Server]) -> None:
        (self.home / "pg").mkdir(exist_ok=True)
        programs.own(self.home / "pg")
        if plan.is_ha:
            self.say("etcd and Patroni choose the primaries")
            groups.start(self.home, plan, self._members(plan))
            return
        self._start_primaries(plan, servers)
        self._start_replicas(plan, servers)

    def _stop_postgres(self, plan: Plan) -> None:
        with ThreadPoolExecutor() as pool:
            for group in (plan.replicas, plan.primaries):
                running = [s for s in self._servers(plan).values() if s.node in group]
                list(pool.map(self._stop, [s for s in running if s.process]))

    def _start_primaries(self, plan: Plan, servers: dict[str, postgres.Server]) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._start, [servers[node.name] for node in plan.primaries]))
        for node in plan.primaries:
            servers[node.name].ensure_database()
            servers[node.name].ensure_slots(r for r in plan.replicas if r.primary == node.name)

    def _start_replicas(self, plan: Plan, servers: dict[str, postgres.Server]) -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(self._follow, [servers[node.name] for node in plan.replicas]))

    def _start_valkey(self, plan: Plan) -> None:
        server = valkey.Server(self.home, plan)
        if not _is_up(server, "valkey"):
            server.start()
            self.say(f"valkey: up on port {plan.valkey_port}")

    def _start(self, server: postgres.Server) -> None:
        if not server.is_made:
            self.say(f"{server.node.name}: making")
            server.make()
        if not _is_up(server, server.node.name):
            server.start()
            self.say(f"{server.node.name}: up on port {server.node.port}")

    def _follow(self, server: postgres.Server) -> None:
        try:
            self._start(server)
            follows = _has_caught_up(server)
        except ClusterError:
            follows = False
            if not (server.data / "PG_VERSION").exists():
                raise
        if follows:
            return
        # A replica's data is a copy: what cannot follow any more is copied anew.
        self.say(f"{server.node.name}: does not follow its primary; copying it anew")
        if server.process is not None:
            server.stop()
        server.remove()
        self._start(server)
        if not processes.wait_for(server.is_streaming, 20):
            raise ClusterError(f"{server.node.name} does not stream. Its log is {server.log}.")

    def _stop(self, server: postgres.Server) -> None:
        server.stop()
        self.say(f"{server.node.name}: down")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            lock = (self.home / "lock").open("w")
        except OSError as error:
            raise ClusterError(
                f"{self.home} cannot be written: {error.strerror}. Give yourself the right, or "
                f"let ROOKERY_HOME name another folder."
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                self.say("Waiting for another cluster command to end")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _is_up(server: postgres.Server | valkey.Server, name: str) -> bool:
    """Tell whether it runs. One that was killed is seen for a moment longer, but answers nobody."""
    if processes.wait_for(lambda: server.process is None or server.answers(), 30):
        return server.process is not None
    raise ClusterError(
        f"{name} (process {server.process.pid}) runs and does not answer. Look at its log, "
        f"{server.log}, then end it by hand."
    )


def _has_caught_up(replica: postgres.Server) -> bool:
    """Wait while it may yet catch up with its primary; tell whether it did."""

    def is_settled() -> bool:
        return replica.is_streaming() or replica.is_lost()

    if not processes.wait_for(is_settled, 10) and replica.is_catching_up():
        processes.wait_for(is_settled, 60)
    return replica.is_streaming()
