import pytest
import s3fs

from audiera.errors import StorageError
from audiera.storage import Bucket, Elsewhere, Store, StoredObject, upload
from tests.support.storage import noise, stored


@pytest.mark.usefixtures("in_a_folder")
def test_files_of_a_bucket_are_listed_and_stored_from_there(s3: s3fs.S3FileSystem, bucket: str, store: Store) -> None:
    files = {"a.wav": noise(5_000), "side 2/b.wav": noise(300_000), "side 2/c d.wav": noise(7)}
    for name, data in files.items():
        s3.pipe_file(f"{bucket}/music/{name}", data)
    place = Bucket(f"s3://{bucket}/music", s3, f"{bucket}/music")

    found = {name: (size, mark) for name, size, mark in place.listing()}
    done = upload(
        store,
        [
            StoredObject(it.sha256, it.size, Elsewhere(place, name), private=True)
            for name, it in ((name, stored(data)) for name, data in files.items())
        ],
    )

    assert found == {name: (len(data), place.mark(name)) for name, data in files.items()}
    assert place.mark("none.wav") is None
    assert done.sent == 3
    for data in files.values():
        assert store.get(stored(data).sha256, len(data)) == data


@pytest.mark.usefixtures("in_a_folder")
def test_a_file_that_changed_in_its_bucket_is_not_stored(s3: s3fs.S3FileSystem, bucket: str, store: Store) -> None:
    s3.pipe_file(f"{bucket}/a.wav", noise(5_000, seed=1))
    place, it = Bucket(f"s3://{bucket}", s3, bucket), stored(noise(5_000))
    there = StoredObject(it.sha256, it.size, Elsewhere(place, "a.wav"))

    with pytest.raises(StorageError) as caught:
        store.put(there)

    assert str(caught.value) == f"s3://{bucket}/a.wav has changed since it was read; start again."
