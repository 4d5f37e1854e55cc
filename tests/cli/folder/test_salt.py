"""A salt is a secret, and what stands on a command line is read by every user of the machine."""

from pathlib import Path

import click
from click.testing import CliRunner

from audiera.cli.folder.request import command_line, folder_options
from audiera.dataset import DatasetRequest


@click.command()
@folder_options
def salted(request: DatasetRequest) -> None:
    click.echo(request.salt)


def test_a_salt_is_taken_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "people.csv").touch()

    done = CliRunner().invoke(
        salted, [str(tmp_path), "--contributors", str(tmp_path / "people.csv")], env={"AUDIERA_SALT": "grain"}
    )

    assert done.output == "grain\n"


@click.command()
@folder_options
def printed(request: DatasetRequest) -> None:
    click.echo(" ".join(command_line(request)))


def test_a_salt_of_the_environment_is_not_asked_for_in_what_is_printed(tmp_path: Path) -> None:
    (tmp_path / "people.csv").touch()
    words = [str(tmp_path), "--contributors", str(tmp_path / "people.csv")]

    from_environment = CliRunner().invoke(printed, words, env={"AUDIERA_SALT": "grain"}).output
    typed = CliRunner().invoke(printed, [*words, "--salt", "grain"]).output

    assert "SALT" not in from_environment
    assert "--salt SALT" in typed
    assert "grain" not in typed
