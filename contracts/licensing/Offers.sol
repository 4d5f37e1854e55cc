// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";

import {Kind} from "../interfaces/IDatasetRegistry.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {StoredTerms} from "../interfaces/ITermsBook.sol";
import {DatasetData} from "../libraries/DatasetData.sol";
import {Catalogues} from "./Catalogues.sol";

/// @title Offers
/// @notice Holds the standing promises of licences, one slot each. Only the dataset's owner makes or withdraws one, each
/// licence taken counts one down, and all of them lapse when the dataset's epoch moves on.
abstract contract Offers is IOffers, Catalogues {
    struct Offer {
        uint128 price;
        uint32 left;
    }

    /// @dev `left` of an offer that may be taken any number of times.
    uint32 internal constant ENDLESS = type(uint32).max;

    /// @dev The key holds the dataset's epoch, so that offers lapse with it.
    mapping(bytes32 key => Offer) internal _offers;

    /// @inheritdoc IOffers
    function offer(uint32 dataset, bytes32 termsId, address licensee, uint128 price, uint32 left) external {
        (, DatasetData data) = _checkOwner(dataset);
        require(left != 0, License_NoneLeft(dataset, termsId, licensee));
        StoredTerms storage terms = _knownTerms(termsId);
        if (data.kind() == Kind.Catalogue) _checkCatalogueTerms(termsId, terms);
        if (data.isDerived()) _checkClearance(dataset, terms.rights, _expiry(block.timestamp, terms.duration));

        _offers[_offerKey(dataset, data.epoch(), termsId, licensee)] = Offer(price, left);

        emit OfferMade(dataset, termsId, licensee, data.epoch(), price, left);
    }

    /// @inheritdoc IOffers
    function withdrawOffer(uint32 dataset, bytes32 termsId, address licensee) external {
        (, DatasetData data) = _checkOwner(dataset);
        bytes32 key = _offerKey(dataset, data.epoch(), termsId, licensee);
        require(_offers[key].left != 0, License_NotOffered(dataset, termsId, licensee));

        delete _offers[key];

        emit OfferWithdrawn(dataset, termsId, licensee, data.epoch());
    }

    /// @inheritdoc IOffers
    function offerOf(uint32 dataset, bytes32 termsId, address licensee)
        external
        view
        returns (uint128 price, uint32 left)
    {
        (, DatasetData data) = DATASETS.stateOf(dataset);
        Offer storage found = _offers[_offerKey(dataset, data.epoch(), termsId, licensee)];
        return (found.price, found.left);
    }

    /* INTERNALS */

    /// @dev Takes one of what is on offer for a licence of `to` that starts at `start`, if the parents allow it, and
    /// answers its price, its end, and whom the offer was made to. Money moves after this.
    function _take(
        uint32 dataset,
        bytes32 termsId,
        StoredTerms storage terms,
        address to,
        uint256 maxPrice,
        uint256 start
    ) internal returns (uint256 price, uint32 expiresAt, address licensee) {
        (, DatasetData data) = DATASETS.stateOf(dataset);
        Offer storage best;
        (best, licensee) = _bestOffer(dataset, data.epoch(), termsId, to);
        uint32 left;
        (price, left) = (best.price, best.left);
        require(left != 0, License_NotOffered(dataset, termsId, to));
        require(price <= maxPrice, License_PriceAbove(price, maxPrice));
        uint32 duration = terms.duration;
        uint256 end = _expiry(start, duration);
        require(duration == 0 || end < PERPETUAL, License_TermOverflow(end));
        if (data.isDerived()) _checkClearance(dataset, terms.rights, end);
        // Below PERPETUAL, or exactly it.
        expiresAt = uint32(end);

        if (left != ENDLESS) best.left = left - 1;
    }

    /// @dev `to`'s own offer, if `to` or its signer with the scope pay takes it and some are left; else anyone's.
    /// Nobody else can use up what was offered to one.
    function _bestOffer(uint32 dataset, uint32 epoch, bytes32 termsId, address to)
        internal
        view
        returns (Offer storage best, address licensee)
    {
        best = _offers[_offerKey(dataset, epoch, termsId, to)];
        if (best.left != 0 && _paysFor(to)) return (best, to);
        best = _offers[_offerKey(dataset, epoch, termsId, address(0))];
    }

    /// @dev Whether the one who acts is `account` or its signer with the scope pay.
    function _paysFor(address account) internal view virtual returns (bool);

    function _offerKey(uint32 dataset, uint32 epoch, bytes32 termsId, address licensee)
        internal
        pure
        returns (bytes32)
    {
        return EfficientHashLib.hash(
            bytes32(uint256(dataset)), bytes32(uint256(epoch)), termsId, bytes32(uint256(uint160(licensee)))
        );
    }
}
