from audiera.protocol.licenses import SignerScope, Status


def test_scopes_have_the_bits_of_the_design() -> None:
    assert {scope.name: scope.value for scope in SignerScope} == {"Access": 1, "Pay": 2, "Settle": 4}


def test_statuses_have_the_values_of_the_design() -> None:
    names = ["Valid", "Unknown", "NotHolder", "Expired", "NotCovered", "RightNotGranted", "Exhausted"]

    assert [(status.value, status.name) for status in Status] == list(enumerate(names))
