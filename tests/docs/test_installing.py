"""How pages say that the package is installed: by a way that works before it is on an index of packages."""

import re
import tomllib

from tests.support.places import DOCS, ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_no_page_has_the_package_installed_from_an_index_of_packages() -> None:
    pages = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
    told = [
        (it.name, name) for it in pages for name in re.findall(r"pip install '?(audiera\S*)", it.read_text("utf-8"))
    ]

    assert told == [("README.md", "audiera[NAME]'`,")]  # which says what to write where a message says so


def test_the_page_names_every_extra() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    section = README.split("## Install\n")[1].split("\n## ")[0]

    assert set(project["optional-dependencies"]) <= set(re.findall(r"`([a-z0-9]+)`", section))
