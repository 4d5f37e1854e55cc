"""A server that speaks like S3 and means no good."""

from typing import Any

import pytest

from audiera.errors import StorageError
from audiera.storage import Store
from audiera.storage.bucket import Bucket
from audiera.storage.objects import object_name, shard_of
from tests.support.storage import stored

THING = stored(b"sound")
NAME = object_name(THING.sha256)


class Endless:
    """A server whose lists have always one more page."""

    def __init__(self) -> None:
        self.asked = 0

    def call_s3(self, _: str, **__: object) -> dict[str, Any]:
        self.asked += 1
        listed = [{"Key": f"label/{shard_of(THING.sha256)}/{number}", "Size": 1} for number in range(1_000)]
        return {
            "Contents": listed,
            "IsTruncated": True,
            "NextContinuationToken": "more",
            "NextPartNumberMarker": 1,
            "Parts": [{"PartNumber": 1, "ETag": "one"}],
        }


def test_a_list_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-S11"""
    monkeypatch.setattr("audiera.storage.bucket._MOST_PAGES", 5)
    files = Endless()
    store = Store(Bucket("s3://music/label", files, "music/label"))

    with pytest.raises(StorageError) as caught:
        store.backend.sizes(shard_of(THING.sha256), [NAME])

    assert str(caught.value) == (
        f"s3://music/label/{shard_of(THING.sha256)} lists more than 5,000 objects; use another store."
    )
    assert files.asked == 5


def test_a_list_of_parts_that_does_not_get_on_is_ended() -> None:
    """AUD-S11"""
    files = Endless()

    found = Bucket("s3://music/label", files, "music/label")._parts(NAME, "upload")

    assert (found, files.asked) == ({1: "one"}, 2)
