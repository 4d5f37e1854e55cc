"""A salt is a secret, and what stands on a command line is read by every user of the machine."""

from pathlib import Path

import click
from click.testing import CliRunner

from audiera.cli.folder.request import folder_options
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
