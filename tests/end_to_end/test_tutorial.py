"""docs/tutorial.ipynb: runs from top to bottom, and is kept without what a run leaves in it."""

from __future__ import annotations

import base64
from contextlib import ExitStack
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs the extra `test`")

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "tutorial.ipynb"
SECONDS_PER_CELL = 300


@pytest.fixture
def notebook():
    return nbformat.read(NOTEBOOK, as_version=4)


def test_notebook_is_stripped(notebook):
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert dict(notebook.metadata.language_info) == {"name": "python"}
    for cell in notebook.cells:
        assert cell.metadata == {}
        assert len(cell.id) < 20, "an id that says what the cell does"
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert text == nbformat.writes(notebook) + "\n" * (not nbformat.writes(notebook).endswith("\n"))


@pytest.fixture
def client(notebook, tmp_path, monkeypatch):
    """A kernel of its own in an empty folder, without the user's settings."""
    nbclient = pytest.importorskip("nbclient", reason="needs the extra `test`")
    pytest.importorskip("ipykernel", reason="needs the extra `test`")
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / ".jupyter"))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    client = nbclient.NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    with ExitStack() as stack:
        _start(client, stack)
        yield client


def _start(client, stack: ExitStack) -> None:
    from jupyter_client.kernelspec import NoSuchKernel
    from zmq import ZMQError

    try:
        stack.enter_context(client.setup_kernel())
    except (NoSuchKernel, OSError, RuntimeError, ZMQError) as reason:
        pytest.skip(f"no notebook kernel can be started here: {reason}")


def outputs(notebook, cell_id: str) -> list:
    """Return what a cell left, which may be no warning but that of tqdm about its own widgets."""
    cell = next(cell for cell in notebook.cells if cell.id == cell_id)
    errors = [output.text for output in cell.outputs if output.get("name") == "stderr"]
    assert all("tqdm" in text for text in errors), errors
    return [output for output in cell.outputs if output.get("name") != "stderr"]


def printed(notebook, cell_id: str) -> str:
    found = outputs(notebook, cell_id)
    return "\n".join(one.get("text") or one.data.get("text/plain", "") for one in found)


def test_notebook_runs(client, notebook):
    for index, cell in enumerate(notebook.cells):
        client.execute_cell(cell, index)
    assert "Guideline practice" in printed(notebook, "load")
    assert "Measured(value=1.0, unit='mg/kg')" in printed(notebook, "change")
    assert "were treated" in printed(notebook, "treated")
    compared = printed(notebook, "compare")
    assert "second-try" in compared
    assert "independent_patients" in compared
    assert "policy.ladder" in printed(notebook, "differ")
    (picture,) = [output.data["image/png"] for output in outputs(notebook, "draw")]
    assert base64.b64decode(picture).startswith(b"\x89PNG")
    usual, persistent = (
        float(line.split()[0]) for line in printed(notebook, "decide").splitlines()
    )
    assert 1.0 < usual < persistent
