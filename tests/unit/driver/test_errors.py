"""The table of errors in docs/errors.md against the driver's source; and messages that show nowhere else."""

import re
from pathlib import Path

import pytest

from driver.commands.logs import LogRequest, Logs
from driver.commands.workflows import Workflows
from driver.model.exceptions import EnvironmentNotReadyError, WrongUseError
from driver.terraform.binary import find_terraform
from tests.unit.driver.documents import Program
from tests.unit.driver.fakes import World
from tests.unit.driver.messages import ROOT, Message, sites

_ROW = re.compile(r"^\| (\d+) \| (.+) \| .+ \|$", re.MULTILINE)


def test_the_table_has_every_message_and_no_other() -> None:
    text = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
    before, heading, listed = text.partition("| exit code | message | what to do |")
    assert heading
    listed, _, after = listed.partition("\n\n")
    assert _ROW.findall(before + after) == [], "a row is outside the table"
    rows = _ROW.findall(f"{listed}\n")
    table = {Message(int(code), text.replace("\\|", "|")) for code, text in rows}
    assert len(table) == len(rows), "a message is listed twice"
    raised = {site.message: f"{site.path}:{site.line}" for site in sites()}
    assert {message: place for message, place in raised.items() if message not in table} == {}
    assert sorted(table - set(raised)) == []


def test_messages_are_found_where_they_are_made() -> None:
    found = {(site.message.code, site.message.text, site.path) for site in sites()}
    assert (3, "The local cloud does not run.", "driver/deployments/targets.py") in found
    assert (2, "… is ….", "driver/settings/options.py") in found
    # Given to a function that makes the error of it.
    assert (2, "…: … is no setting.", "driver/settings/file.py") in found
    # Named before it is used.
    assert (1, "`terraform …` failed.", "driver/terraform/failures.py") in found


def test_without_any_terraform_the_two_ways_to_one_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EnvironmentNotReadyError, match="There is no Terraform to run") as raised:
        find_terraform(tmp_path, search_path=str(tmp_path))
    assert "make install" in raised.value.next_step


def test_a_workflow_that_there_is_not_names_those_there_are(world: World) -> None:
    world.deploy(workflows=True)
    with pytest.raises(WrongUseError, match="There is no workflow 'paint'") as raised:
        Workflows(world.context())("paint")
    assert "train_many" in raised.value.why


def test_logs_that_have_no_end_are_no_document(world: World) -> None:
    with pytest.raises(WrongUseError, match="has no end"):
        Logs(world.context(Program().console)).follow(LogRequest())
