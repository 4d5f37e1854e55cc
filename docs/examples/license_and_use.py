"""A developer takes a licence, opens a channel and pays for two uses with one signature."""

from time import time

from audiera import Audiera, KeySigner
from audiera.client.contracts.events import LicenseAcquired
from audiera.metering import Batch, PricedUse
from audiera.protocol import Right, Use, Voucher, right_bit


def license_and_use(url: str, key: str, dataset: int, terms_id: bytes, gateway: str) -> tuple[Voucher, bytes]:
    developer = Audiera.connect(url, KeySigner.from_key(key))

    # Take a licence at the price on offer: it goes to the dataset's contributors in the same transaction.
    offer = developer.licenses.quote(dataset, terms_id, to=developer.account)
    assert offer is not None, "nothing is offered under these terms"
    developer.approve("LicenseRegistry", offer.token, offer.price)
    bought = developer.licenses.acquire(dataset, terms_id, to=developer.account, max_price=offer.price)
    licence = bought.event(LicenseAcquired).license_id
    assert developer.licenses.is_authorized(licence, developer.account, dataset, Right.Training)

    # Put a deposit where a gateway can settle against it, and only what is signed.
    unit_price = developer.licenses.terms_of(terms_id).unit_price
    developer.approve("UsageLedger", offer.token, 10 * unit_price)
    developer.usage.deposit(developer.account, gateway, offer.token, 10 * unit_price)

    # Two uses of three and four units: one voucher pays for both, however many there are.
    uses = [
        Use(
            license=licence,
            dataset=dataset,
            version=1,
            right=right_bit(Right.Training),
            units=units,
            at=int(time()),
            nonce=number.to_bytes(32, "big"),
        )
        for number, units in enumerate((3, 4))
    ]
    batch = Batch().extend([PricedUse(use, use.units * unit_price) for use in uses])
    voucher = batch.voucher(payer=developer.account, gateway=gateway, token=offer.token, batch=1)
    signature = developer.sign_voucher(voucher)
    return voucher, signature
