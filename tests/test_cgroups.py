"""How many cores there are for us, with control groups that the test writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.machine import cgroups


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))


def written(root: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(
    ("membership", "files", "cores"),
    [
        ("0::/\n", {}, 8),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 8),
        ("0::/\n", {"cpu.max": "250000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/job/step\n", {"job/cpu.max": "300000 100000\n"}, 3),
        (
            "3:cpuset:/\n2:cpu,cpuacct:/job\n",
            {"cpu/job/cpu.cfs_quota_us": "400000\n", "cpu/job/cpu.cfs_period_us": "100000\n"},
            4,
        ),
        (
            "2:cpu:/\n",
            {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"},
            8,
        ),
    ],
)
def test_cores_are_those_of_the_affinity_and_of_the_quota(
    tmp_path: Path, membership: str, files: dict[str, str], cores: int
) -> None:
    (tmp_path / "cgroup").write_text(membership)
    written(tmp_path / "groups", files)
    assert cgroups.usable_cores(tmp_path / "groups", tmp_path / "cgroup") == cores


@pytest.mark.usefixtures("eight_cores")
def test_where_there_are_no_groups_the_affinity_counts(tmp_path: Path) -> None:
    assert cgroups.usable_cores(tmp_path, tmp_path / "none") == 8


@pytest.mark.usefixtures("eight_cores")
def test_hyperthreads_of_one_core_compute_as_one(tmp_path: Path) -> None:
    siblings = {cpu: f"{cpu % 4},{cpu % 4 + 4}" for cpu in range(8)}
    written(tmp_path, {f"cpu{n}/topology/thread_siblings_list": s for n, s in siblings.items()})
    none = tmp_path / "none"
    assert cgroups.usable_cores(none, none) == 8
    assert cgroups.computing_cores(none, none, tmp_path) == 4
    assert cgroups.computing_cores(none, none, none) == 8
