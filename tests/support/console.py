"""The console command `audiera` in this process."""

from collections.abc import Mapping

from click.testing import CliRunner, Result

from audiera.cli.main import main

__all__ = ["audiera"]


def audiera(*words: object, env: Mapping[str, str] | None = None) -> Result:
    """What comes of `audiera` and these words, its two streams apart."""
    try:
        runner = CliRunner(mix_stderr=False)
    except TypeError:  # from click 8.2 on they are never mixed
        runner = CliRunner()
    return runner.invoke(main, [str(it) for it in words], env=env)
