"""Whatever the interface's own document allows is answered, and nothing of it breaks the gateway."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, update

from audiera.gateway import create_app
from audiera.indexer.tables import DATASETS
from audiera.protocol import Kind
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_no_request_that_the_document_allows_breaks_the_gateway(payer: Payer) -> None:
    ask_all(payer.server.url)


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_no_call_that_the_document_allows_breaks_a_gateway_with_a_model(own_venue: Venue, tmp_path: Path) -> None:
    engine = create_engine(own_venue.index)
    with engine.begin() as connection:
        connection.execute(update(DATASETS).values(kind=int(Kind.Model)))
    engine.dispose()
    models = {own_venue.dataset: "http://127.0.0.1:9/generate"}
    settings = own_venue.settings(tmp_path / "journal.db", models=models, explorer=False)

    with serving(create_app(settings)) as server:
        ask_all(server.url, own_venue.dataset)


def ask_all(url: str, model: int | None = None) -> None:
    """Asks whatever the document allows; of a model alone, if one is named."""
    import schemathesis  # noqa: PLC0415  # only heavy runs have it
    from hypothesis import HealthCheck, given, settings  # noqa: PLC0415
    from hypothesis import strategies as st  # noqa: PLC0415
    from schemathesis.core.result import Ok  # noqa: PLC0415

    document = schemathesis.openapi.from_url(f"{url}/v1/openapi.json")
    operations = [
        it.ok()
        for it in document.get_all_operations()
        if isinstance(it, Ok) and (model is None or "{model}" in it.ok().path)
    ]
    asked = set()

    @settings(max_examples=25 * len(operations), deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), operation=st.sampled_from(operations))
    def ask(data: st.DataObject, operation: schemathesis.APIOperation) -> None:  # type: ignore[type-arg]
        case = data.draw(operation.as_strategy())
        if model is not None:
            case.path_parameters["model"] = model
            if isinstance(case.body, dict):
                case.body["dataset"] = str(model)
        answer = case.call()
        asked.add(operation.label)
        assert answer.status_code < 500, (operation.label, answer.text)
        if answer.status_code >= 400:
            said = answer.headers["content-type"], answer.text
            assert said[0] == ["application/problem+json"], (operation.label, said)

    ask()

    assert asked == {it.label for it in operations}
