"""Whatever the interface's own document allows is answered, and nothing of it breaks the gateway."""

import pytest

from tests.support.gateway import Payer


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_no_request_that_the_document_allows_breaks_the_gateway(payer: Payer) -> None:
    import schemathesis  # noqa: PLC0415  # only heavy runs have it
    from hypothesis import HealthCheck, given, settings  # noqa: PLC0415
    from hypothesis import strategies as st  # noqa: PLC0415
    from schemathesis.core.result import Ok  # noqa: PLC0415

    document = schemathesis.openapi.from_url(f"{payer.server.url}/v1/openapi.json")
    operations = [it.ok() for it in document.get_all_operations() if isinstance(it, Ok)]
    asked = set()

    @settings(max_examples=25 * len(operations), deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data(), operation=st.sampled_from(operations))
    def ask(data: st.DataObject, operation: schemathesis.APIOperation) -> None:  # type: ignore[type-arg]
        case = data.draw(operation.as_strategy())
        answer = case.call()
        asked.add(operation.label)
        assert answer.status_code < 500, (operation.label, answer.text)
        if answer.status_code >= 400:
            said = answer.headers["content-type"], answer.text
            assert said[0] == ["application/problem+json"], (operation.label, said)

    ask()

    assert asked == {it.label for it in operations}
