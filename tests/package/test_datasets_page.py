import re
from pathlib import Path

from audiera.contributors import read_contributors

PAGE = Path(__file__).parents[2] / "docs" / "datasets.md"


def test_the_contributors_files_of_the_page_are_read(tmp_path: Path) -> None:
    examples = re.findall(r"```csv\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "contributors.csv"

    read = []
    for example in examples:
        path.write_text(example, encoding="utf-8")
        read.append(read_contributors(path))

    assert [file.per_item for file in read] == [False, True]
    assert [credit.person.name for credit in read[0].credits] == ["Ada Moreau", "Jonas Reiter"]
    assert read[1].uncredited == ("silence.ogg",)
