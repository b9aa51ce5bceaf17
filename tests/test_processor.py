"""The processor, read from files as Linux writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.machine.processor import processor

AMD = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC
stepping\t: 1
flags\t\t: fpu avx2 avx512f avx512_bf16

processor\t: 1
model name\t: another
flags\t\t: fpu
"""
ARM = """processor\t: 0
Features\t: fp asimd bf16
CPU implementer\t: 0x41
CPU part\t: 0xd40
"""


def test_a_processor_is_told_by_more_than_its_name(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(AMD)
    found = processor(tmp_path / "cpuinfo")
    assert found.name == "AMD EPYC"
    assert found.model.endswith("AuthenticAMD 25 17 1 AMD EPYC")
    assert found.instructions == {"fpu", "avx2", "avx512f", "avx512_bf16"}


@pytest.mark.parametrize(
    ("flags", "multiplies"),
    [("fpu avx512_bf16", True), ("fpu amx_bf16 amx_tile", True), ("fpu avx2 avx512f", False)],
)
def test_whether_bfloat16_is_multiplied(tmp_path: Path, flags: str, multiplies: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: {flags}\n")
    assert processor(tmp_path / "cpuinfo").multiplies_bf16 is multiplies


def test_another_kind_of_file_and_none(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(ARM)
    found = processor(tmp_path / "cpuinfo")
    assert found.name
    assert found.model.endswith("0x41 0xd40")
    assert "asimd" in found.instructions
    assert processor(tmp_path / "none").instructions == frozenset()
