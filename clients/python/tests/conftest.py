"""What the scenarios share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from redis_jq import Queue

from .harness.child import Child
from .harness.cluster import Cluster
from .harness.flavours import InTasks, InThreads, Running, Seen
from .harness.producer import Producer
from .harness.server import Server


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Server]:
    """A server for the scenarios that do it no harm."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def server(shared_server: Server) -> Server:
    """The shared server, empty."""
    shared_server.client().flushall()
    return shared_server


@pytest.fixture
def queue(server: Server) -> Queue:
    """A queue on the shared server."""
    return Queue(server.client(), "q")


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[Cluster]:
    """A cluster for the scenarios that do it no harm."""
    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Cluster:
    """The shared cluster, empty."""
    shared_cluster.is_ready()
    shared_cluster.empty()
    return shared_cluster


@pytest.fixture
def producer(flavour: str, cluster: Cluster) -> Iterator[Callable[..., Producer]]:
    """Makes queues of shards on the shared cluster."""
    made: list[Producer] = []

    def make(shards: int, name: str = "mail") -> Producer:
        made.append(Producer(flavour, cluster.connect(flavour), name, shards))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(params=["threads", "asyncio"])
def flavour(request: pytest.FixtureRequest) -> str:
    """Which worker."""
    return str(request.param)


@pytest.fixture
def work(flavour: str) -> Iterator[Callable[..., Running]]:
    """Starts workers; what has not ended by the end of the test is stopped at once."""
    started: list[Running] = []

    def start(connect: Any, queues: Any, handler: Any, kind: str = "Worker", **options: Any) -> Running:
        worker = {"threads": InThreads, "asyncio": InTasks}[flavour](kind, connect, queues, handler, Seen(), **options)
        worker.start()
        started.append(worker)
        return worker

    yield start
    for worker in started:
        told = [told for told in worker.seen.told if told[0] in ("lost", "failed", "error")]
        print("a worker ended with", repr(worker.error), "and told last", told[-20:])  # shown if the test has failed
        if worker._thread.is_alive():
            worker.stop(0)


@pytest.fixture
def child(flavour: str, server: Server, tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts workers in processes of their own; they are killed at the end of the test."""
    started: list[Child] = []

    def start(name: str, lease: float, seconds: float) -> Child:
        started.append(Child(flavour, server.url, name, lease, seconds, tmp_path / f"child-{len(started)}"))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def private_server() -> Iterator[Callable[..., Server]]:
    """Starts servers that only this test uses."""
    started: list[Server] = []

    def start(*settings: str, **options: Any) -> Server:
        started.append(Server(*settings, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()
