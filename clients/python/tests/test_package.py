"""The package as it is given away: its README, its reference, and what is in the archive."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pdoc
import pytest

from .harness.cluster import Cluster
from .harness.server import Server, until

HERE = Path(__file__).parents[1]
BLOCKS = re.findall(r"^```python\n(.*?)^```$", (HERE / "README.md").read_text(), re.M | re.S)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh folder into which the wheel is installed, which was built from the source archive."""
    made, folder = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("site")
    run = [sys.executable, "-m"]
    subprocess.run([*run, "build", "--no-isolation", "--outdir", str(made), str(HERE)], check=True, capture_output=True)
    [wheel], [_source] = made.glob("*.whl"), made.glob("*.tar.gz")
    pip = [*run, "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder), str(wheel)]
    subprocess.run(pip, check=True)
    return folder


def test_readme(private_server: Any, cluster: Cluster, installed: Path, tmp_path: Path) -> None:
    """Its blocks, one after the other, as a reader would run them: each prints what it says, with the installed package."""
    server = private_server()
    for block in BLOCKS:
        run_block(block, server, cluster, installed, tmp_path)


def run_block(block: str, server: Server, cluster: Cluster, installed: Path, folder: Path) -> None:
    """A block of the README. One that works on ends with SIGTERM."""
    expected = re.findall(r"^# prints: (.*)$", block, re.M)
    assert expected, f"a block says what it prints:\n{block}"
    program = block.replace("redis://localhost", server.url)
    program = re.sub(r'Redis\((host=)?"localhost"\)', f"Redis(port={server.port})", program)
    port = cluster.servers[0].port
    program = program.replace('RedisCluster, host="localhost"', f"RedisCluster, host='127.0.0.1', port={port}")
    program = program.replace('RedisCluster(host="localhost"', f"RedisCluster(host='127.0.0.1', port={port}")
    assert "localhost" not in program
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONUNBUFFERED": "1"}
    output = folder / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", program], cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )

    def has_printed() -> bool:
        return all(line in output.read_text() for line in expected)

    try:
        until(lambda: has_printed() or process.poll() is not None, f"this goes on and prints too little:\n{block}", 60)
        if ".run()" in program:
            process.terminate()
        assert process.wait(60) == 0 and has_printed(), block
    finally:
        process.kill()
        print(output.read_text())  # shown if the test has failed


def test_archive(installed: Path) -> None:
    assert (installed / "redis_jq/py.typed").exists()
    metadata = next(installed.glob("redis_jq-*.dist-info/METADATA")).read_text()
    for line in ("Name: redis-jq", "Version: 0.1.0", "License-Expression: MIT", "Requires-Python: >=3.10"):
        assert line in metadata.splitlines()
    found = "import redis_jq; print(redis_jq.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    shown = subprocess.run([sys.executable, "-c", found], cwd=installed, env=environment, capture_output=True, check=True)
    assert shown.stdout.decode().startswith(str(installed))


def test_reference(tmp_path: Path) -> None:
    """The reference can be made, and everything that is exported is explained in it."""
    pdoc.pdoc("redis_jq", "redis_jq.asyncio", output_directory=tmp_path)
    assert (tmp_path / "redis_jq/asyncio.html").exists()
    silent = []
    for name in ("redis_jq", "redis_jq.asyncio"):
        for exported in sys.modules[name].__all__:
            where = getattr(getattr(sys.modules[name], exported), "__module__", None)
            member = pdoc.doc.Module(sys.modules[where or "redis_jq.values"]).get(exported)
            assert member is not None, exported
            inner = list(member.members.values()) if isinstance(member, pdoc.doc.Class) else []
            silent += [each.fullname for each in [member, *inner] if is_ours(each) and not each.docstring]
    assert silent == []


def is_ours(member: Any) -> bool:
    """Not what comes from a class of Python or redis-py. The code of an error stands in the docstring of its class."""
    return member.taken_from[0].startswith("redis_jq") and member.name != "code" and not member.name.startswith("_")
