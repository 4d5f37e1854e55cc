"""Pulled music in PyTorch: each file once over ranks and workers, and a run that goes on in the middle of an epoch."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from audiera.errors import InputError
from audiera.loading.torch import AudieraDataset, Sample
from audiera.runs import read_served
from tests.support.music import RATE
from tests.support.optional import extra
from tests.support.pulled import add_sounds

extra("torch")

import torch  # noqa: E402  # an extra
from torch.utils.data import DataLoader  # noqa: E402

FILES = 41
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")  # on two cores


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pulled")
    add_sounds(made, FILES)
    return made


def uri(sample: Sample) -> object:
    return sample["uri"]


def dataset(folder: Path, log: Path, **told: Any) -> AudieraDataset:  # noqa: ANN401  # what a dataset takes
    return AudieraDataset(folder, transform=uri, log=log, seed=3, **told)


def test_a_sample_has_sound_and_what_is_known_of_it(folder: Path, tmp_path: Path) -> None:
    sample = next(iter(AudieraDataset(folder, log=tmp_path)))

    assert sample["audio"].shape[0] == 1
    assert sample["audio"].dtype == torch.float32
    assert sample["uri"] == f"audiera://1@1/{sample['path']}"
    assert (folder / "dataset-1" / sample["path"]).exists()


def test_a_sample_has_the_bytes_of_its_file_where_they_are_asked_for(folder: Path, tmp_path: Path) -> None:
    sample = next(iter(AudieraDataset(folder, decoded=False, log=tmp_path)))

    assert sample["bytes"] == (folder / "dataset-1" / sample["path"]).read_bytes()
    assert "audio" not in sample


def test_a_sample_has_a_stretch_that_is_another_in_each_epoch_whoever_serves_it(folder: Path, tmp_path: Path) -> None:
    def place(sample: Sample) -> tuple[object, object, object]:
        return sample["uri"], sample["start"], sample["audio"].shape[1]

    alone, many = (
        AudieraDataset(folder, seed=3, seconds=0.01, transform=place, log=tmp_path, batch_size=4) for _ in range(2)
    )

    first, second = ([it for batch in alone.loader(collate_fn=list) for it in batch] for _ in range(2))

    assert first == [it for batch in many.loader(workers=2, collate_fn=list) for it in batch]
    assert second == [it for batch in many.loader(workers=2, collate_fn=list) for it in batch]
    assert {length for _, _, length in first} == {round(0.01 * RATE)}
    assert sorted(it for it, _, _ in first) == sorted(it for it, _, _ in second)
    assert {(uri, start) for uri, start, _ in first} != {(uri, start) for uri, start, _ in second}
    assert len(read_served(tmp_path)) == FILES


@pytest.mark.parametrize("told", [{"seconds": 0}, {"seconds": float("nan")}, {"seconds": 1, "decoded": False}], ids=str)
def test_a_stretch_of_nothing_is_refused(folder: Path, tmp_path: Path, told: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="A stretch has more than no seconds, and is decoded"):
        AudieraDataset(folder, log=tmp_path, **told)


def test_two_ranks_of_four_workers_serve_each_file_once_and_write_it_down(folder: Path, tmp_path: Path) -> None:
    ranks = [dataset(folder, tmp_path, rank=rank, ranks=2, batch_size=4) for rank in range(2)]

    found = [[uri for batch in it.loader(workers=4) for uri in batch] for it in ranks]

    assert [len(it) for it in found] == [FILES // 2] * 2
    assert len({*found[0], *found[1]}) == FILES - 1 == FILES - ranks[0].left_over
    written = read_served(tmp_path)
    assert len(written) == sum(written.values()) == FILES - 1
    assert len(list(tmp_path.iterdir())) == 8


@pytest.mark.parametrize(("before", "after"), [(3, 2), (0, 3), (2, 0)])
def test_a_run_goes_on_in_the_middle_of_an_epoch(folder: Path, tmp_path: Path, before: int, after: int) -> None:
    whole = list(dataset(folder, tmp_path, batch_size=4).loader())
    first = dataset(folder, tmp_path, batch_size=4)
    began = list(itertools.islice(first.loader(workers=before), 3))
    state = first.state_dict()
    second = dataset(folder, tmp_path, batch_size=4)
    second.load_state_dict(state)

    rest = list(second.loader(workers=after))

    assert state == {"seed": 3, "epoch": 0, "position": 12, "files": FILES, "which": state["which"]}
    assert began + rest == whole
    assert second.state_dict() == {"seed": 3, "epoch": 1, "position": 0, "files": FILES, "which": state["which"]}


def test_a_loader_of_anybody_s_serves_each_file_once(folder: Path, tmp_path: Path) -> None:
    it = dataset(folder, tmp_path)

    found = [uri for batch in DataLoader(it, batch_size=5, num_workers=2) for uri in batch]

    assert len(found) == len(set(found)) == len(it) == FILES


def test_ranks_are_those_of_torchrun(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")

    it = dataset(folder, tmp_path)

    assert (len(it), it.left_over) == (FILES // 2, 1)
    assert set(it).isdisjoint(dataset(folder, tmp_path, rank=0, ranks=2))


def test_a_broken_file_ends_a_loader_of_workers_with_its_name(tmp_path: Path) -> None:
    add_sounds(tmp_path, 3)
    (tmp_path / "dataset-1" / "tone 001.wav").unlink()

    with pytest.raises(Exception, match=r"tone 001\.wav cannot be read"):
        list(dataset(tmp_path, tmp_path / "served").loader(workers=2))


def test_without_pytorch_it_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.loading.torch.torch", None)

    with pytest.raises(InputError, match=r"pip install 'audiera\[torch\]'"):
        AudieraDataset(folder)
